"""Which features the credit model reads: the choice that cross-validation on the applications proved."""

from __future__ import annotations

from models.credit.features import DERIVED, EXTERNAL_SCORES

RAREST = 20  # applications below which a category counts as missing: too few to learn from, or to publish

CATEGORIES = (
    "NAME_CONTRACT_TYPE",
    "FLAG_OWN_CAR",
    "NAME_INCOME_TYPE",
    "NAME_EDUCATION_TYPE",
    "NAME_FAMILY_STATUS",
    "NAME_HOUSING_TYPE",
    "OCCUPATION_TYPE",
    "ORGANIZATION_TYPE",
)

# CODE_GENDER is left out on purpose: EU Directive 2004/113 forbids it as a factor. What it would add to the
# ROC-AUC is recorded in the model card.
FEATURES = (
    "EXT_SOURCE_1",
    "EXT_SOURCE_2",
    "EXT_SOURCE_3",
    "AMT_CREDIT",
    "AMT_ANNUITY",
    "AMT_GOODS_PRICE",
    "AMT_INCOME_TOTAL",
    "DAYS_BIRTH",
    "DAYS_EMPLOYED",
    "DAYS_REGISTRATION",
    "DAYS_ID_PUBLISH",
    "DAYS_LAST_PHONE_CHANGE",
    "OWN_CAR_AGE",
    "REGION_POPULATION_RELATIVE",
    "REGION_RATING_CLIENT",
    "REGION_RATING_CLIENT_W_CITY",
    "REG_CITY_NOT_LIVE_CITY",
    "REG_CITY_NOT_WORK_CITY",
    "FLAG_DOCUMENT_3",
    "DEF_30_CNT_SOCIAL_CIRCLE",
    "AMT_REQ_CREDIT_BUREAU_QRT",
    "AMT_REQ_CREDIT_BUREAU_YEAR",
    "APARTMENTS_AVG",
    "FLOORSMAX_AVG",
    "LANDAREA_AVG",
    "LIVINGAREA_AVG",
    "LIVINGAPARTMENTS_AVG",
    "TOTALAREA_MODE",
    "YEARS_BEGINEXPLUATATION_AVG",
    *DERIVED,
    *CATEGORIES,
)

# What the business demands: all else equal, a better external score never raises the risk.
MONOTONE = dict.fromkeys(
    (
        *EXTERNAL_SCORES,
        "EXT_SOURCE_MEAN",
        "EXT_SOURCE_GEOMETRIC_MEAN",
        "EXT_SOURCE_MEAN_ODDS",
        "EXT_SOURCE_MIN",
        "EXT_SOURCE_MAX",
        "EXT_SOURCE_PRODUCT",
        "EXT_SOURCE_WEIGHTED",
        "EXT_SOURCE_1_2",
        "EXT_SOURCE_1_3",
        "EXT_SOURCE_2_3",
    ),
    -1,
)
