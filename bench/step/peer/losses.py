"""Matching and losses of the peer, as the paper's code does them: costs on the
device, assignment by SciPy on the host."""

import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torchvision.ops import box_convert, generalized_box_iou, generalized_box_iou_loss

CODE = (2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
CLASSES = 10


def focal_cost(logits, labels, eps=1e-12):
    p = logits.sigmoid()
    positive = 0.25 * (1 - p) ** 2 * -(p + eps).log()
    negative = 0.75 * p**2 * -(1 - p + eps).log()
    return (positive - negative)[:, labels]


def focal_loss(logits, labels):
    target = F.one_hot(labels, CLASSES + 1)[..., :CLASSES].float()
    p = logits.sigmoid()
    q = torch.where(target > 0, p, 1 - p)
    alpha = torch.where(target > 0, 0.25, 0.75)
    bce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (alpha * (1 - q) ** 2 * bce).sum()


def encode(boxes):
    yaw = boxes[:, 6]
    return torch.cat(
        (boxes[:, :3], boxes[:, 3:6].log(), yaw.sin()[:, None], yaw.cos()[:, None], boxes[:, 7:9]), -1
    )


def match3d(logits, codes, gt, labels, weights):
    cost = 2 * focal_cost(logits, labels)
    cost = cost + 0.25 * torch.cdist((codes * weights)[:, :8], (gt * weights)[:, :8], p=1)
    rows, cols = linear_sum_assignment(cost.nan_to_num(100, 100, -100).cpu())
    return torch.as_tensor(rows), torch.as_tensor(cols)


def layer_loss(logits, codes, samples, weights):
    """One decoder layer over the batch."""
    B, n, _ = logits.shape
    labels = torch.full((B, n), CLASSES, device=logits.device)
    targets, mask = torch.zeros_like(codes), torch.zeros(B, n, 1, device=logits.device)
    count = 0
    with torch.no_grad():
        for b, (gt, gl) in enumerate(samples):
            rows, cols = match3d(logits[b], codes[b], gt, gl, weights)
            labels[b, rows] = gl[cols]
            targets[b, rows] = gt[cols]
            mask[b, rows] = 1
            count += len(rows)
    count = max(count, 1)
    cls = 2 * focal_loss(logits, labels) / count
    box = 0.25 * ((codes - targets).abs() * weights * mask).sum() / count
    return cls.nan_to_num() + box.nan_to_num()


def denoising_loss(logits, codes, known, weights):
    labels, targets, used = known
    count = max(int(used.sum()), 1)
    cls = 2 * focal_loss(logits[used], labels[used]) / max(count * 3.14159 / 6 * 0.75**3, 1)
    box = 0.25 * ((codes - targets)[used].abs() * weights).sum() / count
    return cls.nan_to_num() + box.nan_to_num()


def focal_losses(seen, views, width, height):
    """The 2D head over all images."""
    logits, boxes, centers, centerness = seen
    I, T, _ = logits.shape
    size = torch.tensor((width, height, width, height), device=logits.device).float()
    labels = torch.full((I, T), CLASSES, device=logits.device)
    gt_boxes, gt_centers = torch.zeros_like(boxes), torch.zeros_like(centers)
    mask = torch.zeros(I, T, dtype=torch.bool, device=logits.device)
    with torch.no_grad():
        for i, (b, l, c) in enumerate(views):
            share, middle = box_convert(b, "xyxy", "cxcywh") / size, c / size[:2]
            pixels = box_convert(boxes[i], "cxcywh", "xyxy") * size
            cost = 2 * focal_cost(logits[i], l) + 5 * torch.cdist(boxes[i], share, p=1)
            cost = cost - 2 * generalized_box_iou(pixels, b) + 10 * torch.cdist(centers[i], middle, p=1)
            rows, cols = linear_sum_assignment(cost.nan_to_num(100, 100, -100).cpu())
            rows, cols = torch.as_tensor(rows), torch.as_tensor(cols)
            labels[i, rows], mask[i, rows] = l[cols], True
            gt_boxes[i, rows], gt_centers[i, rows] = share[cols], middle[cols]
    n = max(int(mask.sum()), 1)
    mine = box_convert(boxes[mask], "cxcywh", "xyxy") * size
    theirs = box_convert(gt_boxes[mask], "cxcywh", "xyxy") * size
    overlap = generalized_box_iou_loss(mine, theirs)
    target = torch.zeros_like(logits)
    target[mask, labels[mask]] = (1 - overlap).clamp(0).detach()
    p = logits.sigmoid()
    quality = F.binary_cross_entropy_with_logits(logits, target, reduction="none") * (target - p).abs() ** 2
    heat = heatmap(views, T, width, height, logits.device)
    q = centerness[..., 0].sigmoid().clamp(1e-4, 1 - 1e-4)
    peak = heat.eq(1).float()
    gauss = -(q + 1e-12).log() * (1 - q) ** 2 * peak - (1 - q + 1e-12).log() * q**2 * (1 - heat) ** 4 * (1 - peak)
    return (
        2 * quality.sum() / n
        + 5 * (boxes - gt_boxes)[mask].abs().sum() / n
        + 2 * overlap.sum() / n
        + 10 * (centers - gt_centers)[mask].abs().sum() / n
        + gauss.sum() / n
    )


def heatmap(views, tokens, width, height, device):
    h, w = height // 16, width // 16
    out = torch.zeros(len(views), h, w)
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    for i, (b, _, c) in enumerate(views):
        b, c = b.cpu(), c.cpu()
        edges = torch.cat((c - b[:, :2], b[:, 2:] - c), -1).amin(-1)
        for radius, (u, v) in zip((edges / 16).ceil().clamp(min=1), (c / 16).int().tolist()):
            sigma = (2 * radius + 1) / 6
            out[i] = torch.maximum(out[i], (-((x - u) ** 2 + (y - v) ** 2) / (2 * sigma**2)).exp())
    return out.view(len(views), tokens).to(device)
