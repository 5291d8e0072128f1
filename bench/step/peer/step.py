"""Times the peer's training step: forward, matching, losses, backward, clip,
AdamW. The last line is JSON.

    python step.py --batch 8 --precision float16 --device cuda
"""

import argparse
import json
import resource
import statistics
import time

import torch

from images import Images
from losses import CODE, denoising_loss, encode, focal_losses, layer_loss
from model import CLASSES, StreamPETR

H, W, CAMERAS, OBJECTS, GROUPS = 256, 704, 6, 30, 10


def data(batch, device):
    g = torch.Generator().manual_seed(0)
    rand = lambda *s: torch.rand(*s, generator=g)
    inverse = torch.eye(4).repeat(batch, CAMERAS, 1, 1)
    for n in range(CAMERAS):
        a = torch.tensor(2 * torch.pi * n / CAMERAS)
        c, s, f = a.cos(), a.sin(), 0.8 * W
        inverse[:, n, 0] = torch.stack((s / f, 0 * s, c - s * W / 2 / f, c))
        inverse[:, n, 1] = torch.stack((-c / f, 0 * s, s + c * W / 2 / f, s))
        inverse[:, n, 2] = torch.tensor((0, -1 / f, H / 2 / f, 0))
    frame = {
        "images": (4 * rand(batch * CAMERAS, 3, H, W) - 2),
        "inverse": inverse,
        "focal": torch.full((batch, CAMERAS, 2), 0.8 * W),
        "moved": torch.eye(4).repeat(batch, 1, 1),
        "elapsed": torch.full((batch,), 0.5),
    }
    samples, views = [], []
    for _ in range(batch):
        low = torch.tensor((-45, -45, -2, 0.5, 0.5, 1, -3, -2, -2.0))
        high = torch.tensor((45, 45, 0, 5, 2, 2, 3, 2, 2.0))
        boxes = low + (high - low) * rand(OBJECTS, 9)
        labels = (CLASSES * rand(OBJECTS)).long()
        samples.append((boxes.to(device), encode(boxes).to(device), labels.to(device)))
        for _ in range(CAMERAS):
            n = -(-OBJECTS // CAMERAS)
            corner = rand(n, 2) * torch.tensor((0.8 * W, 0.8 * H))
            view = torch.cat((corner, corner + torch.tensor((0.15 * W, 0.15 * H))), -1)
            center = (view[:, :2] + view[:, 2:]) / 2
            labels2d = (CLASSES * rand(n)).long()
            views.append((view.to(device), labels2d.to(device), center.to(device)))
    return {k: v.to(device) for k, v in frame.items()}, samples, views


def denoise(samples, model):
    """Noised centres and what they are to become, group after group."""
    B, device = len(samples), samples[0][0].device
    D = GROUPS * OBJECTS
    points = torch.zeros(B, D, 3, device=device)
    labels = torch.zeros(B, D, dtype=torch.long, device=device)
    targets = torch.zeros(B, D, 10, device=device)
    for b, (boxes, codes, classes) in enumerate(samples):
        u = 2 * torch.rand(D, 3, device=device) - 1
        centers = boxes[:, :3].repeat(GROUPS, 1) + u * boxes[:, 3:6].repeat(GROUPS, 1) / 2
        points[b] = ((centers - model.low) / model.size).clamp(0, 1)
        labels[b] = torch.where(u.norm(dim=-1) > 0.75, CLASSES, classes.repeat(GROUPS))
        targets[b] = codes.repeat(GROUPS, 1)
    n, m = model.queries + model.propagated, model.queries + model.memory
    blocked = torch.zeros(D + n, D + m, dtype=torch.bool, device=device)
    blocked[D:, :D] = True
    group = torch.arange(D, device=device) // OBJECTS
    blocked[:D, :D] = group[:, None] != group
    used = torch.ones(B, D, dtype=torch.bool, device=device)
    return points, ~blocked, (labels, targets, used)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warm", type=int, default=2)
    parser.add_argument("--precision", default="float32", choices=("float32", "float16", "bfloat16"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--forward", action="store_true", help="a frame without training")
    parser.add_argument("--images", help="read a frame from files, too: a root")
    args = parser.parse_args()
    device, half = args.device, args.precision != "float32"
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    model = StreamPETR().to(device).to(memory_format=torch.channels_last).train()
    frame, samples, views = data(args.batch, device)
    frame["images"] = frame["images"].contiguous(memory_format=torch.channels_last)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.01, fused=device != "cpu")
    scaler = torch.amp.GradScaler(device, enabled=args.precision == "float16")
    weights = torch.tensor(CODE, device=device)
    memory = model.empty(args.batch, device)

    def step():
        nonlocal memory
        points, mask, known = denoise(samples, model)
        D = points.shape[1]
        with torch.autocast(device, dtype=getattr(torch, args.precision), enabled=half):
            logits, codes, seen, memory = model(frame, memory, points, mask)
        pairs = [(codes_, labels) for _, codes_, labels in samples]
        total = focal_losses(seen, views, W, H)
        for l in range(logits.shape[0]):
            total = total + layer_loss(logits[l, :, D:], codes[l, :, D:], pairs, weights)
            total = total + denoising_loss(logits[l, :, :D], codes[l, :, :D], known, weights)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(total).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(trained, 35)
        scaler.step(optimizer)
        scaler.update()
        return total

    images = Images(args.images) if args.images else None

    def frame_only():
        nonlocal memory
        model.eval()
        nothing = torch.zeros(args.batch, 0, 3, device=device)
        if images:
            frame["images"] = images.read(len(times)).to(device)
        with torch.inference_mode(), torch.autocast(device, dtype=getattr(torch, args.precision), enabled=half):
            logits, codes, _, memory = model(frame, memory, nothing, None)
        return logits.sum()

    work = frame_only if args.forward else step
    def used():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    times = []
    for i in range(args.warm + args.steps):
        if i == args.warm:
            before = used()
        if device != "cpu":
            torch.cuda.synchronize()
        start = time.perf_counter()
        loss = work().item()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if device != "cpu":
        peak = torch.cuda.max_memory_allocated()
    timed = used() - before
    print(json.dumps({
        "seconds": statistics.median(times[args.warm:]),
        "workCpuSeconds": timed / args.steps,
        "cpuSeconds": used(),
        "peakBytes": peak,
        "facts": {
            "torch": torch.__version__,
            "device": torch.cuda.get_device_name() if device != "cpu" else "cpu",
            "batch": args.batch,
            "precision": args.precision,
            "loss": loss,
        },
    }))


main()
