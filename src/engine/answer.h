/*
 * What people answer, read by type: yes or no, a number, a bucket of
 * numbers, one of several choices, a date or time, a text, an address.
 *
 * A question says what is expected (pl_question_t), a message says what came
 * (pl_said_t), and the reading (pl_reading_t) is one of three:
 *
 *     READ       there is one meaning; `value` is how a variable keeps it
 *     UNCLEAR    it is an answer, and could mean two things, or lies outside
 *                of what was asked for: ask again
 *     NONE       it is no answer to this question at all
 *
 * The rule above all others: never a wrong guess. What a careful person
 * would ask about again is UNCLEAR, with a reason. docs/answers.md has the
 * tables of what is understood.
 *
 * Numbers are thousandths in 64 bits, so that no floating point enters the
 * fold; "1,5k" is 1500000.
 *
 * Caveats
 *
 * - Pure: no clock and no zone. `now` is the civil time where the person
 *   is; turning a local time into an instant is the caller's.
 * - A tapped button or row is read by its id first. Titles are text.
 * - A language that is not known here reads digits and English.
 * - Texts above PL_ANSWER_MAX bytes are NONE, but for a free text.
 *
 * Any thread. Results live in the arena, in the question or in the text.
 */

#ifndef PL_ANSWER_H_INCLUDED
#define PL_ANSWER_H_INCLUDED

#include "../core/arena.h"
#include "../core/match.h"
#include "../core/pl.h"

#define PL_ANSWER_MAX           512     /* bytes of an answer that is read */
#define PL_ANSWER_TOKENS_MAX    128     /* words, numerals and signs of it */
#define PL_ANSWER_VALUE_MAX     64      /* bytes of a number's or date's value,
                                           with the NUL */
#define PL_ANSWER_BUCKETS_MAX   16      /* of a question */
#define PL_ANSWER_CHOICES_MAX   32
#define PL_ANSWER_WORDS_MAX     64      /* of a choice */
#define PL_ANSWER_NUMBER_MAX    1000000000000000    /* 10^12, in thousandths */

/* ---- what is asked -------------------------------------------------- */

typedef enum {
    PL_ANSWER_TEXT = 0,         /* value: trimmed */
    PL_ANSWER_YES,              /* value: "yes" or "no" */
    PL_ANSWER_NUMBER,           /* "250", "1.5", "100-300", "300+", ">300",
                                   "<100", "<=100" */
    PL_ANSWER_BUCKET,           /* the bucket's name */
    PL_ANSWER_CHOICE,           /* the choice's id */
    PL_ANSWER_DATE,             /* "2027-12-24" */
    PL_ANSWER_TIME,             /* "14:30" */
    PL_ANSWER_MOMENT,           /* "2027-12-24T14:30", both are needed */
    PL_ANSWER_EMAIL,            /* "ann@example.org" */
    PL_ANSWER_PHONE             /* "+4930123456", or digits as they came */
} pl_answer_e;

typedef enum {
    PL_PER_NONE = 0,            /* rates ("10 a day") are UNCLEAR */
    PL_PER_DAY,
    PL_PER_WEEK,
    PL_PER_MONTH,
    PL_PER_YEAR
} pl_per_e;

/* From `from`, below `below`, in thousandths; either end may be open. */
typedef struct {
    const char     *name;
    int64_t         from;
    int64_t         below;
    bool            has_from;
    bool            has_below;
} pl_bucket_t;

typedef struct {
    const char            *id;
    const char            *title;       /* or NULL */
    const char *const     *words;       /* and phrases; a '*' at either end of
                                           a word stands for any letters */
    size_t                 n_words;
    const pl_pattern_t    *pattern;     /* or NULL */
} pl_choice_t;

/* A local date and time of the Gregorian calendar, as on a wall. */
typedef struct {
    int             year;
    int             month;              /* 1 to 12 */
    int             day;                /* 1 to 31 */
    int             hour;               /* 0 to 23 */
    int             minute;
} pl_when_t;

/* All zero but for `kind` is a question that may be asked. */
typedef struct {
    pl_answer_e           kind;

    /* NUMBER, BUCKET */
    pl_per_e              per;          /* what is counted, in which time */
    bool                  negative;     /* below zero is fine */
    bool                  fraction;     /* NUMBER: need not be whole */
    bool                  money;        /* "500 EUR" is fine */
    bool                  percent;      /* "20 %" is fine */
    bool                  has_min;
    bool                  has_max;
    int64_t               min;          /* thousandths, inclusive */
    int64_t               max;
    const pl_bucket_t    *buckets;      /* BUCKET; a tapped id is a name */
    size_t                n_buckets;

    /* CHOICE */
    const pl_choice_t    *choices;
    size_t                n_choices;
    bool                  numbered;     /* "2", "B", "the second" are fine */

    /* YES: words and phrases beside those of the language, and ids */
    const char *const    *yes;
    size_t                n_yes;
    const char *const    *no;
    size_t                n_no;

    /* DATE, TIME, MOMENT */
    pl_when_t             now;
    bool                  past;         /* what is over is fine */

    /* TEXT: characters; 0 is 1, and PL_TEXT_MAX bytes */
    size_t                least;
    size_t                most;

    /* pl_answer_prepare's; NULL: its own words are read anew each time */
    struct pl_tokens_s  **own;
} pl_question_t;

/* ---- what came ------------------------------------------------------ */

typedef struct {
    pl_str_t              text;         /* as it came; any bytes */
    const char           *tapped;       /* id of a button or row, or NULL */
    const char           *language;     /* "de", "en-US"; several with spaces
                                           between, the first counts most;
                                           NULL: digits and English */
    pl_match_state_t     *match;        /* of this thread; NULL: no patterns */
} pl_said_t;

/* ---- how it was read ------------------------------------------------ */

typedef enum {
    PL_ANSWER_NONE = 0,
    PL_ANSWER_UNCLEAR,
    PL_ANSWER_READ
} pl_meant_e;

/*
 * A number or a range of numbers. low == high: a point. An open end has the
 * value of the other.
 */
typedef struct {
    int64_t               low;          /* thousandths */
    int64_t               high;
    bool                  low_open;     /* there is no lower end */
    bool                  high_open;
    bool                  above;        /* low itself is not meant */
    bool                  below;        /* high itself is not meant */
    bool                  about;        /* approximate */
    bool                  rate;         /* converted to question->per */
    int64_t               least;        /* what the words allow, of a rate:  */
    int64_t               most;         /* buckets go by these; or low, high */
} pl_number_t;

typedef struct {
    pl_meant_e            meant;
    const char           *value;        /* READ: how it is saved, with a NUL */
    const char           *reason;       /* else: a word of docs/answers.md, as
                                           "past" or "two"; const */
    size_t                from;         /* bytes of the text that were read */
    size_t                to;
    pl_number_t           number;       /* NUMBER, BUCKET */
    size_t                index;        /* BUCKET, CHOICE: of the row */
    pl_when_t             when;         /* DATE, TIME, MOMENT */
    bool                  has_date;
    bool                  has_time;
} pl_reading_t;

/*
 * Reads an answer. PL_OK whatever it is: out->meant tells. PL_NOMEM: the
 * arena is full. Limits of the question (PL_ANSWER_BUCKETS_MAX and its like)
 * are for the caller to check, by pl_answer_check.
 */
pl_status_t pl_answer_read(const pl_question_t *question,
    const pl_said_t *said, pl_arena_t *ar, pl_reading_t *out);

/*
 * May this question be asked? PL_INVALID: buckets that overlap or leave their
 * order, no choices, two of one id, bounds the wrong way round; PL_TOOBIG:
 * past a limit. err->path names the row ("choices[2]").
 */
pl_status_t pl_answer_check(const pl_question_t *question, pl_err_t *err);

/*
 * Reads the words that a question has itself, names of buckets and words for
 * yes and no, once for all answers to come. The arena, and what question
 * names, must live as long as it is asked. PL_NOMEM.
 */
pl_status_t pl_answer_prepare(pl_question_t *question, pl_arena_t *ar);

/*
 * The bucket that holds a number or range, or -1: none, or more than one.
 * A range may end where its bucket does ("100-300" is in 100 below 300); a
 * point may not (300 is in the next).
 */
int pl_answer_bucket(const pl_bucket_t *buckets, size_t n,
    const pl_number_t *number);

/* "text", "yes", "number", etc. as flow files have them. False: none. */
bool pl_answer_kind(pl_str_t name, pl_answer_e *kind);
const char *pl_answer_kind_name(pl_answer_e kind);

/* "none", "day", "week", "month", "year". */
bool pl_answer_per(pl_str_t name, pl_per_e *per);

#endif /* PL_ANSWER_H_INCLUDED */
