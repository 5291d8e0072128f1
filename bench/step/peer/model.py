"""StreamPETR R50 in plain PyTorch: the peer that our training step is timed
against. Written for this benchmark from the paper's description, without mmcv;
the shapes and the work of a step are those of the published model. Weights are
random, so nothing of it is meant to detect anything.
"""

import math

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

E, HEADS, LAYERS, CLASSES, DEPTHS = 256, 8, 6, 10, 64
LOW = (-51.2, -51.2, -5.0)
HIGH = (51.2, 51.2, 3.0)


def mlp(*widths):
    parts = []
    for a, b in zip(widths, widths[1:]):
        parts += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def inverse_sigmoid(x, eps=1e-5):
    x = x.clamp(0, 1)
    return torch.log(x.clamp(min=eps) / (1 - x).clamp(min=eps))


def sincos(x, count):
    k = torch.arange(count, device=x.device, dtype=torch.float32)
    a = 2 * math.pi * x[..., None] / 10000 ** (2 * (k // 2) / count)
    return torch.stack((a[..., 0::2].sin(), a[..., 1::2].cos()), -1).flatten(-2)


def pos3d(p):
    return torch.cat([sincos(p[..., i], 128) for i in (1, 0, 2)], -1)


def nerf(x):
    waves = [f(2.0**o * x) for o in range(6) for f in (torch.sin, torch.cos)]
    return torch.cat(waves, -1)


class MLN(nn.Module):
    """Layer norm modulated by a condition."""

    def __init__(self, condition):
        super().__init__()
        self.reduce = nn.Linear(condition, E)
        self.gamma, self.beta = nn.Linear(E, E), nn.Linear(E, E)

    def forward(self, x, condition):
        c = self.reduce(condition).relu()
        return self.gamma(c) * F.layer_norm(x, (E,)) + self.beta(c)


class Attention(nn.Module):
    """Packed projections and PyTorch's fused attention."""

    def __init__(self, dropout):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(E, E) for _ in range(4))
        self.dropout = dropout

    def forward(self, q, k, v, mask=None):
        def heads(x):
            return x.view(*x.shape[:2], HEADS, E // HEADS).transpose(1, 2)

        out = F.scaled_dot_product_attention(
            heads(self.q(q)),
            heads(self.k(k)),
            heads(self.v(v)),
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.o(out.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attention, self.cross = Attention(0.1), Attention(0.0)
        self.ffn = nn.Sequential(
            nn.Linear(E, 2048), nn.ReLU(), nn.Dropout(0.1), nn.Linear(2048, E)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(E) for _ in range(3))
        self.drop = nn.Dropout(0.1)

    def forward(self, x, pos, memory, memory_pos, tokens, token_pos, mask):
        a = torch.cat([x, memory], 1)
        key = a + torch.cat([pos, memory_pos], 1)
        x = self.norms[0](x + self.drop(self.self_attention(x + pos, key, a, mask)))
        x = self.norms[1](x + self.drop(self.cross(x + pos, tokens + token_pos, tokens)))
        return self.norms[2](x + self.drop(self.ffn(x)))


class FocalHead(nn.Module):
    """2D boxes, centres and centerness of every token."""

    def __init__(self):
        super().__init__()
        tower = lambda: nn.Sequential(
            nn.Conv2d(E, E, 3, padding=1), nn.GroupNorm(32, E), nn.ReLU()
        )
        self.classes, self.boxes = tower(), tower()
        self.cls, self.centerness = nn.Conv2d(E, CLASSES, 1), nn.Conv2d(E, 1, 1)
        self.ltrb, self.center = nn.Conv2d(E, 4, 1), nn.Conv2d(E, 2, 1)
        nn.init.constant_(self.cls.bias, -math.log(99))
        nn.init.constant_(self.centerness.bias, -math.log(99))

    def forward(self, x):
        rows = lambda t: t.flatten(2).transpose(1, 2).float()
        a, b = self.classes(x), self.boxes(x)
        h, w = x.shape[2:]
        y = (torch.arange(h, device=x.device) + 0.5) / h
        z = (torch.arange(w, device=x.device) + 0.5) / w
        at = torch.stack(torch.meshgrid(y, z, indexing="ij")[::-1], -1).view(-1, 2)
        l, t, r, b2 = rows(self.ltrb(b)).sigmoid().unbind(-1)
        x1, y1 = (at[:, 0] - l).clamp(0, 1), (at[:, 1] - t).clamp(0, 1)
        x2, y2 = (at[:, 0] + r).clamp(0, 1), (at[:, 1] + b2).clamp(0, 1)
        boxes = torch.stack(((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1), -1)
        centers = (rows(self.center(b)) + inverse_sigmoid(at)).sigmoid()
        return rows(self.cls(a)), boxes, centers, rows(self.centerness(a))


class StreamPETR(nn.Module):
    def __init__(self, queries=300, propagated=128, memory=512):
        super().__init__()
        self.queries, self.propagated, self.memory = queries, propagated, memory
        net = torchvision.models.resnet50()
        self.stem = nn.Sequential(
            net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3
        )
        self.layer4 = net.layer4
        self.lateral = nn.ModuleList((nn.Conv2d(1024, E, 1), nn.Conv2d(2048, E, 1)))
        self.out = nn.Conv2d(E, E, 3, padding=1)
        self.focal = FocalHead()
        self.position = mlp(3 * DEPTHS, 4 * E, E)
        self.se = nn.ModuleList((nn.Linear(E, E), nn.Linear(E, E)))
        self.embed = mlp(E, E, E)
        self.align = MLN(8)
        self.points = nn.Parameter(torch.rand(queries, 3))
        self.pseudo = nn.Parameter(torch.rand(propagated, 3), requires_grad=False)
        self.query = mlp(384, E, E)
        self.ego, self.ego_memory = MLN(180), MLN(180)
        self.time = nn.Sequential(nn.Linear(E, E), nn.LayerNorm(E))
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(E)
        self.cls = nn.Sequential(
            nn.Linear(E, E), nn.LayerNorm(E), nn.ReLU(),
            nn.Linear(E, E), nn.LayerNorm(E), nn.ReLU(), nn.Linear(E, CLASSES),
        )
        self.reg = mlp(E, E, E, 10)
        nn.init.constant_(self.cls[-1].bias, -math.log(99))
        d = torch.arange(DEPTHS).float()
        bins = 1 + 60.2 / (DEPTHS * (1 + DEPTHS)) * d * (d + 1)
        self.register_buffer("depths", bins)
        self.register_buffer("low", torch.tensor(LOW))
        self.register_buffer("size", torch.tensor(HIGH) - torch.tensor(LOW))
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                for p in module.parameters():
                    p.requires_grad_(False)

    def train(self, mode=True):
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def features(self, images):
        a = self.stem(images)
        b = self.lateral[1](self.layer4(a))
        fine = self.lateral[0](a)
        return self.out(fine + F.interpolate(b, size=fine.shape[2:], mode="nearest"))

    def encode(self, inverse, focal, h, w):
        """[B, N, 4, 4] -> position embedding and cone of all tokens."""
        B, N = inverse.shape[:2]
        y = 16 * torch.arange(h, device=inverse.device) + 8.0
        x = 16 * torch.arange(w, device=inverse.device) + 8.0
        v, u = torch.meshgrid(y, x, indexing="ij")
        d = self.depths
        p = torch.stack(
            (u[..., None] * d, v[..., None] * d, d.expand(h, w, -1), torch.ones(h, w, DEPTHS, device=d.device)), -1
        )
        xyz = torch.einsum("bnij,hwdj->bnhwdi", inverse, p)[..., :3]
        low = torch.tensor([-61.2, -61.2, -10.0], device=d.device)
        norm = ((xyz - low) / torch.tensor([122.4, 122.4, 20.0], device=d.device)).reshape(B, N * h * w, -1)
        embedding = self.position(inverse_sigmoid(norm))
        tiled = focal.repeat(1, h * w, 1) / 1e3
        return embedding, torch.cat((tiled, norm[..., -3:], norm[..., -90:-87]), -1)

    def forward(self, frame, memory, noised, mask):
        with torch.no_grad():
            memory = self.remember(frame, memory)
        B = frame["inverse"].shape[0]
        maps = self.features(frame["images"])
        h, w = maps.shape[2:]
        seen = self.focal(maps)
        tokens = maps.view(B, -1, E, h * w).transpose(2, 3).reshape(B, -1, E)
        embedding, cone = self.encode(frame["inverse"], frame["focal"], h, w)
        tokens = self.align(self.embed(tokens), cone)
        gate = self.se[1](self.se[0](tokens).relu()).sigmoid()
        embedding = embedding * gate
        P = self.propagated
        points = torch.cat((noised, self.points.expand(B, -1, -1)), 1)
        pos = self.query(pos3d(points))
        still = torch.eye(4, device=pos.device)[:3].flatten()
        code = nerf(torch.cat((torch.zeros(3, device=pos.device), still)))
        pos = self.ego(pos, code) + self.time(sincos(torch.zeros(1, device=pos.device), E))
        x = self.ego_memory(torch.zeros_like(pos), code)
        old = (memory["points"] - self.low) / self.size
        motion = nerf(torch.cat((memory["velocity"], memory["time"], memory["pose"][..., :3, :].flatten(2)), -1))
        old_pos = self.ego(self.query(pos3d(old)), motion) + self.time(sincos(memory["time"][..., 0], E))
        kept = self.ego_memory(memory["embedding"], motion)
        x = torch.cat((x, kept[:, :P]), 1)
        pos = torch.cat((pos, old_pos[:, :P]), 1)
        points = torch.cat((points, old[:, :P]), 1)
        outs = []
        for layer in self.layers:
            x = layer(x, pos, kept[:, P:], old_pos[:, P:], tokens, embedding, mask)
            outs.append(self.norm(x))
        y = torch.stack(outs).float()
        logits, codes = self.cls(y).float(), self.reg(y).float()
        center = (codes[..., :3] + inverse_sigmoid(points)).sigmoid() * self.size + self.low
        codes = torch.cat((center, codes[..., 3:]), -1)
        with torch.no_grad():
            following = self.keep(frame, memory, y[-1], logits[-1], codes[-1], noised.shape[1])
        return logits, codes, seen, following

    def remember(self, frame, m):
        here = frame["moved"]
        points = torch.einsum("bij,bmj->bmi", here[:, :3, :3], m["points"]) + here[:, None, :3, 3]
        return {
            "embedding": m["embedding"],
            "points": points,
            "time": m["time"] + frame["elapsed"][:, None, None],
            "pose": here[:, None] @ m["pose"],
            "velocity": m["velocity"],
        }

    def keep(self, frame, m, x, logits, codes, hidden):
        best = logits[:, hidden:].amax(-1).topk(self.propagated).indices[..., None]
        take = lambda t: t[:, hidden:].gather(1, best.expand(-1, -1, t.shape[-1])).detach()
        B, P = best.shape[:2]
        new = {
            "embedding": take(x),
            "points": take(codes[..., :3]),
            "time": torch.zeros(B, P, 1, device=x.device),
            "pose": torch.eye(4, device=x.device).expand(B, P, 4, 4),
            "velocity": take(codes[..., 8:10]),
        }
        return {k: torch.cat((v, m[k]), 1)[:, : self.memory] for k, v in new.items()}

    def empty(self, batch, device):
        M = self.memory
        return {
            "embedding": torch.zeros(batch, M, E, device=device),
            "points": torch.zeros(batch, M, 3, device=device),
            "time": torch.zeros(batch, M, 1, device=device),
            "pose": torch.eye(4, device=device).repeat(batch, M, 1, 1),
            "velocity": torch.zeros(batch, M, 2, device=device),
        }
