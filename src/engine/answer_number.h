/*
 * What words mean in and around a number: read by answer_number.c alone,
 * written down in answer_number_rows.c.
 */

#ifndef PL_ANSWER_NUMBER_H_INCLUDED
#define PL_ANSWER_NUMBER_H_INCLUDED

#include "answer_impl.h"

typedef enum {
    PL_NUMBER_FILL = 0,                    /* means nothing, and is let pass */
    PL_NUMBER_STRANGE,
    PL_NUMBER_VALUE,
    PL_NUMBER_WEAK,                        /* an article, perhaps */
    PL_NUMBER_NONE,                        /* "none" */
    PL_NUMBER_ABOUT,
    PL_NUMBER_OVER,                        /* > */
    PL_NUMBER_LEAST,                       /* >= */
    PL_NUMBER_UNDER,                       /* < */
    PL_NUMBER_MOST,                        /* <= */
    PL_NUMBER_ALMOST,                      /* a little less */
    PL_NUMBER_BARELY,                      /* a little more */
    PL_NUMBER_BETWEEN,
    PL_NUMBER_TO,
    PL_NUMBER_DASH,
    PL_NUMBER_OR,
    PL_NUMBER_AND,
    PL_NUMBER_PLUS,                        /* "300+", "300 and more" */
    PL_NUMBER_LESS,                        /* "300 or less" */
    PL_NUMBER_FEW,
    PL_NUMBER_DAY,                         /* rates, in the order of pl_per_e */
    PL_NUMBER_WEEK,
    PL_NUMBER_MONTH,
    PL_NUMBER_YEAR,
    PL_NUMBER_RATE,                        /* another: hours, working days */
    PL_NUMBER_MONEY,
    PL_NUMBER_PERCENT,
    PL_NUMBER_NOT,
    PL_NUMBER_ASKED,                       /* a question mark */
    PL_NUMBER_DOUBT,                       /* may be a number: "half", 100 % */
    PL_NUMBER_OTHER                        /* is none: a time, a version */
} pl_number_e;

typedef struct {
    pl_number_e        what;
    pl_numeral_t    n;
    size_t          from;               /* bytes of the text */
    size_t          to;
} pl_number_mark_t;

typedef struct {
    size_t          n;
    const char     *reason;             /* why it is no number, if not NULL */
    pl_meant_e      meant;
    pl_number_mark_t  *marks;           /* one for each token at most */
} pl_number_marks_t;

/* What has been read so far. */
typedef struct {
    pl_number_t     number;
    size_t          values;
    size_t          from;
    size_t          to;
    pl_number_e        before;             /* what stands before the value */
    pl_number_e        link;               /* and what is behind it */
    bool            between;
    bool            about;
    bool            negative;
    bool            money;
    bool            percent;
    bool            unclear;
    pl_number_e        rate;               /* 0: none */
    int64_t         factor;             /* of the last value */
    int64_t         bare;               /* the last value before it */
} pl_number_sum_t;

/* What the marks come to. marks is changed: "none" becomes a value. */
void pl_answer_quantity(pl_number_marks_t *marks, pl_number_sum_t *sum);

size_t pl_answer_marks(const pl_number_marks_t *marks, pl_number_e what);

/* Const; the value of each is a pl_number_e. */
extern const pl_phrase_t  pl_answer_number_rows[];
extern const size_t       pl_answer_number_rows_n;

#endif /* PL_ANSWER_NUMBER_H_INCLUDED */
