r"""The equations of the method note, in LaTeX: the same in every language, so not in the catalogue of texts.

A text names one as a placeholder, ``{cross_entropy}``. Displayed ones stand between ``$$``.
"""

from __future__ import annotations

EQUATIONS: dict[str, str] = {
    "cross_entropy": r"$$\mathcal{L}_{CE} = -\sum_{c=1}^{7} \tilde y_c \log p_c, \qquad "
    r"\tilde y_c = (1 - \varepsilon)\, y_c + \varepsilon / 7$$",
    "temperature": r"$$p_c = \frac{\exp(z_c / T)}{\sum_{c'} \exp(z_{c'} / T)}$$",
    "patch_feature": r"$$f_i = \frac{1}{|C_i|} \sum_{j \in C_i} (A z_j + b), \qquad c^{k}_{pi} = \cos(f_i, V^k_p)$$",
    "similarity": r"$$g_p = e^{\kappa (\bar a_p - 1)}, \qquad "
    r"\bar a_p = \frac{\sum_{k} s^k_p\, a^k_p}{\sum_{k} s^k_p}$$",
    "evidence": r"$$z_c = \sum_{p \in P_c} w_p\, g_p, \qquad w_p = 10 \log (1 + e^{u_p}) \ge 0$$",
    "objective": r"$$\mathcal{L} = \mathcal{L}_{CE} + \lambda_1 \mathcal{L}_{clst} + \lambda_2 \mathcal{L}_{sep} "
    r"+ \dots + \lambda_{11} \mathcal{L}_{pool}$$",
    "cluster": r"$$\mathcal{L}_{clst} = -\frac{1}{B} \sum_{b} \max_{p \in P_{y_b}} "
    r"\frac{1}{K} \sum_{k} a^k_{bp}, \qquad "
    r"\mathcal{L}_{sep} = \frac{1}{B} \sum_{b} \max_{p \notin P_{y_b}} \frac{1}{K} \sum_{k} a^k_{bp}$$",
    "locality": r"$$\mathcal{L}_{orth} = \sum_c \lVert G_c - I \rVert_{1}, \qquad "
    r"\mathcal{L}_{loc} = \frac{1}{|S|} \sum_{i \in S} \bigl(1 - \cos(f_i(x), f_i(x_S))\bigr)$$",
    "deletion_term": r"$$\mathcal{L}_{del} = \frac{1}{|R|} \sum_{i \in R} "
    r"\max\bigl(0, \cos(f_i(x), f_i(x_{-R}))\bigr)$$",
    "consistency": r"$$\mathcal{L}_{con} = -\sum_{c} p_c(x) \log p_c(x_{-R})$$",
    "sufficiency": r"$$\mathcal{L}_{suf} = -\sum_{c} p_c(x) \log p_c(x_B), \qquad "
    r"\mathcal{L}_{abs} = -\frac{1}{7} \sum_{c} \log p_c(x_O), \qquad "
    r"\mathcal{L}_{nec} = -\log\bigl(1 - p_a(x_O)\bigr)$$",
    "equivariance": r"$$\mathcal{L}_{equ} = -\sum_{i} t_{i} \log q_{i}, \qquad "
    r"q_{i} = \frac{e^{10\, c_{i}}}{\sum_{j} e^{10\, c_{j}}}$$",
    "pool": r"$$\mathcal{L}_{pool} = -\sum_{c} \hat p_c \log p_c$$",
    "f1": r"$$F_1^{(c)} = \frac{2\, TP_c}{2\, TP_c + FP_c + FN_c}, \qquad "
    r"\text{macro } F_1 = \frac{1}{7} \sum_{c} F_1^{(c)}$$",
    "calibration": r"$$ECE = \sum_{b=1}^{10} \frac{n_b}{n}\, \bigl| \mathrm{acc}_b - \mathrm{conf}_b \bigr|$$",
    "mcnemar": r"$$p = \min\Bigl(1,\; 2 \sum_{i=0}^{\min(n_A, n_B)} \binom{n_A + n_B}{i} "
    r"2^{-(n_A + n_B)}\Bigr)$$",
    "grad_cam": r"$$M = \mathrm{ReLU}\Bigl(\sum_k \alpha_k A_k\Bigr), \qquad "
    r"\alpha_k = \frac{1}{hw} \sum_{x,y} \frac{\partial z_c}{\partial A_k(x, y)}$$",
    "deletion": r"$$D = \int_0^1 p_c\bigl(x_{-q}\bigr)\, dq, \qquad I = \int_0^1 p_c\bigl(x_{+q}\bigr)\, dq$$",
    "log_odds": r"$$\log \frac{p}{1 - p} = \phi_0 + \sum_j \phi_j$$",
    "proposal_distance": r"$$d = \sqrt{\ln^2 (A' / A) + \ln^2 (M' / M)}$$",
    "cut_off": r"$$t^* = \arg\min_t\; \frac{r \cdot FN(t) + FP(t)}{n}$$",
}
