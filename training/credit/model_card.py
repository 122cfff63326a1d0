"""The credit model's card, written from its figures."""

from __future__ import annotations

from typing import Any

from huggingface_hub import EvalResult, ModelCardData

Json = dict[str, Any]

CARD = """---
{head}
---

# Prêt à dépenser: risk of default

The probability that a consumer loan will default, from the application alone. {trees} LightGBM trees over
{features} facts of {columns} columns, explained in {group_count} groups. The calibration is folded into the leaves:
the text model itself gives calibrated log-odds, and TreeSHAP their exact attributions. All else equal, a larger
value never raises the risk for {falling}; it never lowers it for {rising} (days count backwards: a larger
one is more recent). Categories are ordered codes, learnt inside the folds.

## Figures

All out of fold on {rows:,} applications ({rate:.2%} defaults): {validation}.

| figure | value | 95 % interval |
| --- | --- | --- |
| ROC-AUC | {auc:.4f} | {auc_low:.4f} to {auc_high:.4f} (bootstrap over rows) |
| Gini | {gini:.4f} | |
| PR-AUC (average precision) | {pr:.4f} | {pr_low:.4f} to {pr_high:.4f} (bootstrap over rows) |
| Kolmogorov-Smirnov | {ks:.4f} | |
| Brier score | {brier:.4f} | |
| log-loss, nats | {log_loss:.4f} | |
| expected calibration error, 10 bins of equal count | {ece:.4f} | |
| expected calibration error, 15 bins of equal count | {ece15:.4f} | |
| expected calibration error, 10 bins of equal width | {ece_width:.4f} | |

ROC-AUC of the folds: {folds}. Features and parameters were searched for each fold on the other folds alone;
`search.json` keeps every trial.

## Decision

A loan is refused from a probability of {threshold:.4f} on: the threshold of least cost out of fold, when
granting a loan that defaults costs as much as refusing {ratio:g} good ones. It refuses {refused:.1%} of the
applications; {left:.2%} of the granted ones default. The ratio is an assumption, to be set by the lender:
`metrics.json` holds the counts at {grid} thresholds, from which any other ratio follows.

## Groups

At the default cut-off, whatever the group:

| group | applications | default rate | refused | refused among good loans | ROC-AUC |
| --- | --- | --- | --- | --- | --- |
{groups}

The sex of the client is not a feature (EU Directive 2004/113). {compared}

## Files

- `model.txt`: LightGBM's own text format; no code runs when it is read.
- `config.json`: features and their groups, categories, cut-off, and the usual range of each column of numbers.
- `metrics.json`: the figures above, the curves and their bands, the groups of clients.
- `search.json`: the trials of the searches, and what each chose.

Trained in {seconds:.0f} s on {cores} cores with LightGBM {lightgbm}, seed {seed}:

    python -m training.search_credit --data application_train.csv
    python -m training.train_credit --data application_train.csv --compare

## Limits

- The sample is not a uniform draw of the competition's table: most rows come from its end. The figures hold
  for loans of that kind and time, not for another lender's clients.
- Past refusals are not in the data: nothing is known of how refused clients would have repaid.
- Age and family situation are features; the table above is to be read before any use. Not a decision system:
  a demonstration of how a score can be explained.
"""


def card(config: Json, metrics: Json) -> str:
    """The model card in Markdown, with the front matter that Hugging Face reads."""
    figures, cutoff = metrics["figures"], metrics["default_cutoff"]
    return CARD.format(
        head=_head(figures).to_yaml(),
        auc=figures["roc_auc"]["value"],
        auc_low=figures["roc_auc"]["low"],
        auc_high=figures["roc_auc"]["high"],
        pr=figures["pr_auc"]["value"],
        pr_low=figures["pr_auc"]["low"],
        pr_high=figures["pr_auc"]["high"],
        gini=figures["gini"],
        ks=figures["ks"],
        brier=figures["brier"],
        log_loss=figures["log_loss"],
        ece=figures["ece_mass_10"],
        ece15=figures["ece_mass_15"],
        ece_width=figures["ece_width_10"],
        folds=", ".join(f"{auc:.4f}" for auc in figures["roc_auc_folds"]),
        trees=config["training"]["trees"],
        group_count=len(set(config["groups"].values())),
        falling=_names(config, -1),
        rising=_names(config, 1),
        seed=config["training"]["seed"],
        features=metrics["data"]["features"],
        columns=metrics["data"]["columns_used"],
        rows=metrics["data"]["rows"],
        rate=metrics["data"]["default_rate"],
        validation=metrics["validation"],
        threshold=cutoff["threshold"],
        ratio=cutoff["cost_ratio"],
        refused=cutoff["refused_share"],
        left=cutoff["default_rate_granted"],
        grid=len(metrics["thresholds"]["threshold"]),
        groups=_groups(metrics),
        compared=_compared(metrics),
        seconds=metrics["run"]["seconds"],
        cores=metrics["run"]["cores"],
        lightgbm=metrics["run"]["lightgbm"],
    )


def _head(figures: Json) -> ModelCardData:
    """What the Hub reads of the model: what it is for, and its figures."""
    measured = {"roc_auc": figures["roc_auc"]["value"], "brier_score": figures["brier"]}
    return ModelCardData(
        license="agpl-3.0",
        library_name="lightgbm",
        pipeline_tag="tabular-classification",
        tags=["lightgbm", "tabular-classification", "credit-scoring", "explainable-ai"],
        metrics=list(measured),
        model_name="pret-a-depenser-credit",
        eval_results=[
            EvalResult(
                task_type="tabular-classification",
                dataset_type="home-credit-default-risk",
                dataset_name="Home Credit Default Risk, sample of application_train",
                metric_type=name,
                metric_value=round(value, 4),
            )
            for name, value in measured.items()
        ],
    )


def _groups(metrics: Json) -> str:
    place = metrics["thresholds"]["threshold"].index(metrics["default_cutoff"]["threshold"])
    lines = []
    for key, groups in metrics["groups"].items():
        for name, group in groups.items():
            tp, fp, tn = group["tp"][place], group["fp"][place], group["tn"][place]
            auc = "" if group["roc_auc"] is None else f"{group['roc_auc']:.3f}"
            lines.append(
                f"| {key} {name} | {group['count']:,} | {group['default_rate']:.1%} "
                f"| {(tp + fp) / group['count']:.1%} | {fp / max(fp + tn, 1):.1%} | {auc} |"
            )
    return "\n".join(lines)


def _names(config: Json, direction: int) -> str:
    return ", ".join(name for name, one in config["monotone"].items() if one == direction)


def _compared(metrics: Json) -> str:
    sentences = {"with_gender": "With it", "without_age": "Without the age"}
    told = [
        f"{start}, the ROC-AUC out of fold (raw scores) would be {found['roc_auc']:.4f} ({found['difference']:+.4f})."
        for name, start in sentences.items()
        if (found := metrics.get(name))
    ]
    return "\n".join(told)
