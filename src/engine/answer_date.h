/*
 * What the two halves of reading a date or time share: answer_day.c and
 * answer_hour.c find the pieces in a text, answer_date.c makes a day and an
 * hour of them.
 */

#ifndef PL_ANSWER_DATE_H_INCLUDED
#define PL_ANSWER_DATE_H_INCLUDED

#include "answer_impl.h"

typedef enum {
    PL_HOUR_NONE = 0,
    PL_HOUR_CLOCK,              /* 14:30, 14 Uhr: of 24 hours, unless the
                                   language counts to 12 */
    PL_HOUR_SPOKEN,             /* "um 3", "halb drei" */
    PL_HOUR_EXACT               /* 03:00, noon: as it stands */
} pl_hour_e;

typedef enum {
    PL_PART_NONE = 0,
    PL_PART_AM,
    PL_PART_PM,
    PL_PART_MORNING,
    PL_PART_NOON,
    PL_PART_AFTERNOON,
    PL_PART_EVENING,
    PL_PART_NIGHT
} pl_part_e;

/* The pieces found. Counts above 1 are unclear. */
typedef struct {
    const pl_question_t    *question;
    const pl_tokens_t      *tokens;

    size_t                  n_days;     /* days that were named */
    bool                    fixed;      /* year, month, day are all there */
    int                     year;       /* 0: none was named */
    int                     month;      /* 0: none; or out of range */
    int                     day;
    size_t                  n_weekdays;
    int                     weekday;    /* 1 Monday to 7 Sunday */
    bool                    next;       /* "next Monday" */

    size_t                  n_hours;
    pl_hour_e               form;
    int                     hour;       /* as it was written */
    int                     minute;
    size_t                  n_parts;
    pl_part_e               part;
    bool                    at;         /* "at" stands before */

    const char             *reason;     /* unclear, whatever else there is */
    size_t                  strange;    /* words that mean nothing here */
    size_t                  from;
    size_t                  to;
} pl_pieces_t;

/*
 * A piece at a token: the tokens of it, or 0. What it means is written into
 * *pieces.
 */
size_t pl_answer_day(pl_pieces_t *pieces, size_t at);
size_t pl_answer_hour(pl_pieces_t *pieces, size_t at);

/* A number below 10,000 at a token, in digits or words; n 0: none. */
int pl_answer_small(const pl_tokens_t *tokens, size_t at, size_t *n);

/* Has this year such a day? */
bool pl_answer_day_valid(int year, int month, int day);

/* Days from 1970-01-01 to this day, and back. */
int64_t pl_answer_day_number(const pl_when_t *when);
void pl_answer_day_from(int64_t days, pl_when_t *when);

#endif /* PL_ANSWER_DATE_H_INCLUDED */
