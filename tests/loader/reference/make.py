"""Records what StreamPETR's own loader makes of frames; run once, by hand.

    python make.py SOURCES FRAMES

SOURCES holds `projects` of exiawsh/StreamPETR and `mmdet3d` of mmdetection3d
v1.0.0rc6, unchanged; FRAMES is infos of create-data, at most a few frames.
Needs numpy, torch, pillow and pyquaternion. Packages that the two import but
do not need here are stubs.
"""
import gzip, importlib.abc, importlib.machinery, importlib.util
import json, pathlib, sys, types
import numpy as np

SOURCES, FRAMES = map(pathlib.Path, sys.argv[1:3])
CORE = "mmdet3d/core/bbox/structures/"
ORIGINALS = {
    "mmdet3d.core.utils.array_converter": "mmdet3d/core/utils/array_converter.py",
    "mmdet3d.core.bbox.structures.utils": CORE + "utils.py",
    "mmdet3d.core.bbox.structures.base_box3d": CORE + "base_box3d.py",
    "mmdet3d.core.bbox.structures.cam_box3d": CORE + "cam_box3d.py",
    "mmdet3d.core.bbox.structures.depth_box3d": CORE + "depth_box3d.py",
    "mmdet3d.core.bbox.structures.lidar_box3d": CORE + "lidar_box3d.py",
    "mmdet3d.core.bbox.structures.box_3d_mode": CORE + "box_3d_mode.py",
    "mmdet3d.datasets.nuscenes_dataset": "mmdet3d/datasets/nuscenes_dataset.py",
    "mmdet3d.datasets.pipelines.transforms_3d":
        "mmdet3d/datasets/pipelines/transforms_3d.py",
    "plugin.dataset": "projects/mmdet3d_plugin/datasets/nuscenes_dataset.py",
    "plugin.transforms":
        "projects/mmdet3d_plugin/datasets/pipelines/transform_3d.py",
}
STUBS = ("mmcv", "mmdet", "mmdet3d", "nuscenes", "cv2", "IPython", "plugin")


class Registry:
    def register_module(self, *_, **__):
        return lambda cls: cls


def attribute(module, name):
    """Names that the stubs' importers ask for."""
    if name in ("DATASETS", "PIPELINES", "OBJECTSAMPLERS"):
        return Registry()
    if name == "Quaternion":
        from pyquaternion import Quaternion
        return Quaternion
    for original in ORIGINALS:
        # Packages hand on what their files define.
        if original.startswith("mmdet3d.core") and original in sys.modules:
            if hasattr(sys.modules[original], name):
                return getattr(sys.modules[original], name)
    if name == "NuScenesDataset":
        return sys.modules["mmdet3d.datasets.nuscenes_dataset"].NuScenesDataset
    return type(name, (), {})


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name in ORIGINALS:
            return importlib.util.spec_from_file_location(
                name, SOURCES / ORIGINALS[name])
        if name.split(".")[0] in STUBS:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: (_ for _ in ()).throw(
            AttributeError(name)) if name.startswith("__") else attribute(
                module, name)
        return module

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
for original in ORIGINALS:
    importlib.import_module(original)
    parent, _, last = original.rpartition(".")
    vars(sys.modules[parent]).pop(last)  # a function may have its file's name
dataset_file = sys.modules["plugin.dataset"]
transforms = sys.modules["plugin.transforms"]
filters = sys.modules["mmdet3d.datasets.pipelines.transforms_3d"]
Box3DMode = sys.modules["mmdet3d.core.bbox.structures.box_3d_mode"].Box3DMode

CLASSES = ["car", "truck", "construction_vehicle", "bus", "trailer", "barrier",
           "motorcycle", "bicycle", "pedestrian", "traffic_cone"]
RANGE = [-51.2, -51.2, -5.0, 51.2, 51.2, 3.0]


def arrays(info):
    """An info with the array types of the converter's pickle."""
    info = dict(info, sweeps=[])
    real = lambda rows, shape: np.array(
        [[np.nan if v is None else v for v in row] for row in rows],
        float).reshape(-1, shape)
    info["gt_boxes"] = real(info["gt_boxes"], 7)
    info["gt_velocity"] = real(info["gt_velocity"], 2)
    info["gt_names"] = np.array(info["gt_names"])
    info["valid_flag"] = np.array(info["valid_flag"], bool)
    for key, width in (("bboxes2d", 4), ("centers2d", 2)):
        info[key] = [np.array(v, np.float32).reshape(-1, width)
                     for v in info[key]]
    info["depths"] = [np.array(v, np.float32) for v in info["depths"]]
    info["labels2d"] = [np.array(v, np.int64) for v in info["labels2d"]]
    info["cams"] = {name: dict(
        cam, cam_intrinsic=np.array(cam["cam_intrinsic"]),
        sensor2lidar_rotation=np.array(cam["sensor2lidar_rotation"]),
        sensor2lidar_translation=np.array(cam["sensor2lidar_translation"]))
        for name, cam in info["cams"].items()}
    return info


def open_dataset(infos):
    cls = dataset_file.CustomNuScenesDataset
    dataset = cls.__new__(cls)
    dataset.data_infos = infos
    dataset.seq_mode, dataset.seq_split_num = True, 1
    dataset.modality, dataset.test_mode = dict(use_camera=True), False
    dataset.use_valid_flag, dataset.with_velocity = True, True
    dataset.CLASSES, dataset.box_mode_3d = CLASSES, Box3DMode.LIDAR
    dataset._set_sequence_group_flag()
    return dataset


class Draws:
    """Keeps what the transforms draw."""

    def __init__(self, seed):
        self.random, self.values = np.random.RandomState(seed), []

    def keep(self, value):
        self.values += np.atleast_1d(value).astype(float).tolist()
        return value

    def __enter__(self):
        self.saved = np.random.uniform, np.random.choice, np.random.normal
        np.random.uniform = lambda a, b: self.keep(self.random.uniform(a, b))
        np.random.choice = lambda a: self.keep(self.random.choice(a))
        np.random.normal = lambda scale, size: self.keep(
            self.random.normal(0, scale, size))
        return self

    def __exit__(self, *_):
        np.random.uniform, np.random.choice, np.random.normal = self.saved


def record(dataset, index, seed, camera):
    data = dataset.get_data_info(index)
    annos = data["ann_info"]
    names = list(dataset.data_infos[index]["cams"].values())
    data.update(
        gt_bboxes_3d=annos["gt_bboxes_3d"], gt_labels_3d=annos["gt_labels_3d"],
        gt_bboxes=annos["bboxes"], gt_labels=annos["labels"],
        centers2d=annos["centers2d"], depths=annos["depths"],
        img=[np.zeros((camera["H"], camera["W"], 3), np.float32)
             for _ in names])
    steps = [
        filters.ObjectRangeFilter(point_cloud_range=RANGE),
        filters.ObjectNameFilter(classes=CLASSES),
        transforms.ResizeCropFlipRotImage(data_aug_conf=camera, training=True),
        transforms.GlobalRotScaleTransImage(
            rot_range=[-0.3925, 0.3925],
            # The published configs have zeros.
            translation_std=[0.5, 0.4, 0.2] if seed > 5 else [0, 0, 0],
            scale_ratio_range=[0.95, 1.05], reverse_angle=True, training=True),
    ]
    with Draws(seed) as draws:
        for step in steps:
            data = step(data)
    boxes = data["gt_bboxes_3d"]
    plain = lambda value: np.asarray(value, np.float64).tolist()
    return dict(
        index=index, draws=draws.values, prevExists=bool(data["prev_exists"]),
        seconds=data["timestamp"],
        intrinsics=plain(data["intrinsics"]), lidar2img=plain(data["lidar2img"]),
        egoPose=plain(data["ego_pose"]), egoPoseInv=plain(data["ego_pose_inv"]),
        centers=plain(boxes.gravity_center), rest=plain(boxes.tensor[:, 3:]),
        labels=np.asarray(data["gt_labels_3d"]).tolist(),
        boxes2d=[plain(v) for v in data["gt_bboxes"]],
        labels2d=[np.asarray(v).tolist() for v in data["gt_labels"]],
        centers2d=[plain(v) for v in data["centers2d"]],
        depths=[plain(v) for v in data["depths"]])


frames = [json.loads(line) for line in FRAMES.read_text().splitlines()]
frames.sort(key=lambda info: info["timestamp"])
for i, info in enumerate(frames):
    # The dataset sees the start of a scene by its lack of sweeps.
    same = i and frames[i - 1]["scene_token"] == info["scene_token"]
    info["sweeps"] = [{}] if same else []
image = frames[0]["cams"]["CAM_FRONT"]
camera = dict(H=image["height"], W=image["width"], final_dim=(64, 176),
              resize_lim=(0.38, 0.55), bot_pct_lim=(0.0, 0.1),
              rot_lim=(0.0, 0.0), rand_flip=True)
infos = [dict(arrays(info), sweeps=info["sweeps"]) for info in frames]
dataset = open_dataset(infos)
cases = [record(open_dataset([dict(arrays(i), sweeps=i["sweeps"])
                              for i in frames]), k % len(frames), k, camera)
         for k in range(8)]
for info in frames:
    info["sweeps"] = []
path = pathlib.Path(__file__).with_name("loader.json.gz")
text = json.dumps(dict(frames=frames, view=dict(height=64, width=176),
                       range=RANGE, cases=cases))
path.write_bytes(gzip.compress(text.encode(), mtime=0))
