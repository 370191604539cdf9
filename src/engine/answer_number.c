/*
 * A number, or a range of numbers, as people write it, and the bucket that
 * it falls into.
 *
 * The text becomes a row of marks: values, and what changes them ("about",
 * "more than", "to", "a day"); everything else is a word that means nothing
 * here, and few of those are let pass. Then the marks are read from left to
 * right into one quantity. A second quantity makes it unclear, and so does
 * everything that would turn the meaning ("not", a question, a unit that was
 * not asked for).
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "answer_impl.h"
#include "answer_number.h"

#define NUMBER_STRANGE_MAX  6           /* words that mean nothing here */

/* From one time to another: the number, and the least and most it may be. */
typedef struct {
    int32_t         num;
    int32_t         den;
    int32_t         least_num;
    int32_t         least_den;
    int32_t         most_num;
    int32_t         most_den;
} number_rate_t;

static void number_mark(const pl_question_t *question,
    const pl_tokens_t *tokens, pl_number_marks_t *m);
static size_t number_value(const pl_question_t *question,
    const pl_tokens_t *tokens, size_t at, pl_number_marks_t *m,
    pl_number_mark_t *mark);
static size_t number_sign(const pl_tokens_t *tokens, size_t at,
    pl_number_mark_t *mark);
static void number_tell(pl_number_marks_t *m, pl_meant_e meant,
    const char *reason);
static const char *number_refuse(const pl_question_t *question,
    const pl_number_marks_t *m, const pl_number_sum_t *s);
static bool number_strange(const pl_question_t *question,
    const pl_number_marks_t *m);
static bool number_convert(const pl_question_t *question, pl_number_sum_t *s);
static bool number_outside(const pl_question_t *question,
    const pl_number_t *n);
static const char *number_print(const pl_number_t *n, pl_arena_t *ar);
static const char *number_text(int64_t n, char *buf, size_t size);
static pl_status_t number_bucket(const pl_question_t *question,
    pl_reading_t *out);

/* Working days or all of them; four weeks to a month, or five. */
static const number_rate_t  number_rates[4][4] = {
    {   /* a day, to: day, week, month, year */
        { 1, 1, 1, 1, 1, 1 }, { 7, 1, 5, 1, 7, 1 },
        { 30, 1, 20, 1, 31, 1 }, { 365, 1, 220, 1, 366, 1 },
    }, {
        { 1, 7, 1, 7, 1, 5 }, { 1, 1, 1, 1, 1, 1 },
        { 433, 100, 4, 1, 5, 1 }, { 52, 1, 46, 1, 53, 1 },
    }, {
        { 1, 30, 1, 31, 1, 20 }, { 100, 433, 1, 5, 1, 4 },
        { 1, 1, 1, 1, 1, 1 }, { 12, 1, 12, 1, 12, 1 },
    }, {
        { 1, 365, 1, 366, 1, 220 }, { 1, 52, 1, 53, 1, 46 },
        { 1, 12, 1, 12, 1, 12 }, { 1, 1, 1, 1, 1, 1 },
    },
};


pl_status_t
pl_answer_number(const pl_question_t *question, const pl_tokens_t *tokens,
    pl_arena_t *ar, pl_reading_t *out)
{
    const char      *reason;
    pl_number_sum_t     s;
    pl_number_marks_t  *m, marks = { 0 };

    m = &marks;
    m->marks = pl_arena_zalloc(ar, tokens->n * sizeof(*m->marks));
    if (m->marks == NULL) {
        return PL_NOMEM;
    }

    number_mark(question, tokens, m);

    if (m->reason != NULL) {
        pl_answer_tell(out, m->meant, m->reason);
        return PL_OK;
    }

    pl_answer_quantity(m, &s);

    if (s.values == 0) {
        if (pl_answer_marks(m, PL_NUMBER_DOUBT) > 0
            && pl_answer_marks(m, PL_NUMBER_STRANGE) == 0)
        {
            pl_answer_tell(out, PL_ANSWER_UNCLEAR, "vague");
        }

        return PL_OK;
    }

    reason = number_refuse(question, m, &s);

    if (reason == NULL && !number_convert(question, &s)) {
        reason = "range";
    }

    out->from = s.from;
    out->to = s.to;
    out->number = s.number;

    if (reason == NULL && question->kind == PL_ANSWER_NUMBER
        && !question->fraction
        && (s.number.low % 1000 != 0 || s.number.high % 1000 != 0))
    {
        reason = "fraction";
    }

    if (reason == NULL && number_outside(question, &s.number)) {
        reason = "range";
    }

    if (reason != NULL) {
        pl_answer_tell(out, PL_ANSWER_UNCLEAR, reason);
        return PL_OK;
    }

    if (question->kind == PL_ANSWER_BUCKET) {
        return number_bucket(question, out);
    }

    out->meant = PL_ANSWER_READ;
    out->value = number_print(&s.number, ar);

    return out->value == NULL ? PL_NOMEM : PL_OK;
}


int
pl_answer_bucket(const pl_bucket_t *buckets, size_t n,
    const pl_number_t *number)
{
    bool                point, low, high;
    size_t              i;
    const pl_bucket_t  *b;

    point = number->least == number->most && !number->low_open
            && !number->high_open;

    for (i = 0; i < n; i++) {
        b = &buckets[i];

        low = !b->has_from
              || (number->low_open ? b->from <= 0 && number->most > b->from
                                   : number->least >= b->from);
        high = !b->has_below
               || (!number->high_open
                   && (number->most < b->below
                       || (!point && number->most == b->below)));

        if (low && high) {
            return (int) i;
        }
    }

    return -1;
}


static pl_status_t
number_bucket(const pl_question_t *question, pl_reading_t *out)
{
    int  i;

    i = pl_answer_bucket(question->buckets, question->n_buckets,
                         &out->number);

    if (i < 0) {
        pl_answer_tell(out, PL_ANSWER_UNCLEAR, "border");
        return PL_OK;
    }

    out->meant = PL_ANSWER_READ;
    out->index = (size_t) i;
    out->value = question->buckets[i].name;

    return PL_OK;
}


/* ---- marks ---------------------------------------------------------- */

static void
number_mark(const pl_question_t *question, const pl_tokens_t *tokens,
    pl_number_marks_t *m)
{
    int             value;
    size_t          i, n;
    pl_number_mark_t  *mark;

    for (i = 0; i < tokens->n && m->reason == NULL; i += n) {
        mark = &m->marks[m->n++];
        value = PL_NUMBER_STRANGE;

        /* no phrase begins with digits */

        n = tokens->tokens[i].kind == PL_TOKEN_DIGITS
            ? 0 : pl_answer_phrase(tokens, i, pl_answer_number_rows,
                                   pl_answer_number_rows_n, &value);
        mark->what = (pl_number_e) value;

        if (n == 0 || value == PL_NUMBER_FEW) {
            n = number_value(question, tokens, i, m, mark);
        }

        if (n == 0) {
            n = number_sign(tokens, i, mark);
        }

        mark->from = tokens->tokens[i].from;
        mark->to = tokens->tokens[i + n - 1].to;
    }
}


/* A value at a token, "a few hundred" among them. */

static size_t
number_value(const pl_question_t *question, const pl_tokens_t *tokens,
    size_t at, pl_number_marks_t *m, pl_number_mark_t *mark)
{
    size_t         n, few;
    int64_t        factor;
    pl_numeral_e   rc;
    pl_numeral_t  *v = &mark->n;

    few = mark->what != PL_NUMBER_FEW ? 0
          : pl_answer_phrase(tokens, at, pl_answer_number_rows,
                             pl_answer_number_rows_n, NULL);

    if (few != 0) {
        n = pl_answer_factor(tokens, at + few, &factor);

        if (n != 0) {
            v->value = factor * 1000;
            v->factor = factor;
        } else {
            mark->what = PL_NUMBER_DOUBT;
        }

        return few + n;
    }

    rc = pl_answer_numeral(tokens, at, !question->fraction, v);

    if (rc == PL_NUMERAL_NONE) {
        rc = pl_answer_spoken(tokens, at, v);

        if (rc == PL_NUMERAL_READ && !v->many) {
            n = pl_answer_factor(tokens, at + v->n_tokens, &factor);

            if (n != 0) {
                v->n_tokens += n;
                v->factor *= factor;
                v->weak = false;
                rc = pl_answer_scale(v->value, factor, 1, &v->value)
                     ? rc : PL_NUMERAL_TOOBIG;
            }
        }
    }

    switch (rc) {

    case PL_NUMERAL_NONE:
        return 0;

    case PL_NUMERAL_READ:
        mark->what = v->weak ? PL_NUMBER_WEAK : PL_NUMBER_VALUE;
        return v->n_tokens;

    case PL_NUMERAL_UNCLEAR:
        number_tell(m, PL_ANSWER_UNCLEAR, "separator");
        break;

    case PL_NUMERAL_TOOBIG:
        number_tell(m, PL_ANSWER_UNCLEAR, "range");
        break;

    case PL_NUMERAL_OTHER:
        number_tell(m, PL_ANSWER_NONE, "unknown");
    }

    return 1;
}


static size_t
number_sign(const pl_tokens_t *tokens, size_t at, pl_number_mark_t *mark)
{
    const pl_token_t  *t = &tokens->tokens[at];

    if (t->kind != PL_TOKEN_SIGN) {
        mark->what = PL_NUMBER_STRANGE;
        return 1;
    }

    switch (t->sign) {

    case '-':
        mark->what = PL_NUMBER_DASH;
        break;

    case '?':
    case 0xbf:
        mark->what = PL_NUMBER_ASKED;
        break;

    case '%':
        mark->what = PL_NUMBER_PERCENT;
        break;

    case 0xa2:                                  /* cents of something */
        mark->what = PL_NUMBER_OTHER;
        break;

    case 0x20ac:
    case 0xa3:
    case '$':
        mark->what = PL_NUMBER_MONEY;
        break;

    case 0x1f51f:                               /* the emoji of 10 */
        mark->what = PL_NUMBER_VALUE;
        mark->n.value = 10 * 1000;
        mark->n.factor = 1;
        break;

    case 0x1f4af:                               /* of 100, or of applause */
    case '/':
    case '=':
    case 0xd7:
        mark->what = PL_NUMBER_DOUBT;
        break;

    case 0x2026:                                /* 100…300 */
        mark->what = PL_NUMBER_TO;
        break;

    case 0xb1:
        mark->what = PL_NUMBER_ABOUT;
        break;

    case 0x2264:
        mark->what = PL_NUMBER_MOST;
        break;

    case 0x2265:
        mark->what = PL_NUMBER_LEAST;
        break;

    default:
        mark->what = PL_NUMBER_FILL;
    }

    return 1;
}


static void
number_tell(pl_number_marks_t *m, pl_meant_e meant, const char *reason)
{
    m->meant = meant;
    m->reason = reason;
}


/* ---- what is asked again -------------------------------------------- */

static const char *
number_refuse(const pl_question_t *question, const pl_number_marks_t *m,
    const pl_number_sum_t *s)
{
    bool  worded = pl_answer_marks(m, PL_NUMBER_STRANGE) > 0;

    if (pl_answer_marks(m, PL_NUMBER_OTHER) > 0) {
        return "unit";
    }

    if (pl_answer_marks(m, PL_NUMBER_STRANGE) > NUMBER_STRANGE_MAX) {
        return "long";
    }

    if (pl_answer_marks(m, PL_NUMBER_NOT) > 0) {
        return "not";
    }

    if (pl_answer_marks(m, PL_NUMBER_ASKED) > 0 && worded) {
        return "question";
    }

    if ((s->money && !question->money)
        || (s->percent && !question->percent))
    {
        return "unit";
    }

    if (s->unclear || pl_answer_marks(m, PL_NUMBER_DOUBT) > 0) {
        return "two";
    }

    if (number_strange(question, m)) {
        return "unit";
    }

    if (s->rate == PL_NUMBER_RATE
        || (s->rate != PL_NUMBER_FILL && question->per == PL_PER_NONE))
    {
        return "rate";
    }

    if (s->negative && (!question->negative || s->values != 1)) {
        return "negative";
    }

    return NULL;
}


/*
 * A number beside other words may count something else: "I have 2 children".
 * A question that asks for no rate does not say what it counts, so there one
 * word behind the number may be it: "3 rooms".
 */

static bool
number_strange(const pl_question_t *question, const pl_number_marks_t *m)
{
    size_t  i;
    bool    counted;

    for (i = 0, counted = false; i < m->n; i++) {

        if (m->marks[i].what != PL_NUMBER_STRANGE) {
            continue;
        }

        if (counted || question->per != PL_PER_NONE || i == 0
            || (m->marks[i - 1].what != PL_NUMBER_VALUE
                && m->marks[i - 1].what != PL_NUMBER_FEW))
        {
            return true;
        }

        counted = true;
    }

    return false;
}


/* Minus signs, and rates of another time than was asked for. */

static bool
number_convert(const pl_question_t *question, pl_number_sum_t *s)
{
    int64_t               low;
    pl_number_t          *n = &s->number;
    const number_rate_t  *r;

    if (s->negative) {
        low = n->low;
        n->low = n->least = -n->high;
        n->high = n->most = -low;
    }

    if (s->rate == PL_NUMBER_FILL) {
        return true;
    }

    r = &number_rates[s->rate - PL_NUMBER_DAY][question->per - PL_PER_DAY];

    if ((int) s->rate - PL_NUMBER_DAY == (int) question->per - PL_PER_DAY) {
        return true;
    }

    n->rate = true;
    n->about = true;

    if (!pl_answer_scale(n->low, r->least_num, r->least_den, &n->least)
        || !pl_answer_scale(n->high, r->most_num, r->most_den, &n->most)
        || !pl_answer_scale(n->low, r->num, r->den, &n->low)
        || !pl_answer_scale(n->high, r->num, r->den, &n->high))
    {
        return false;
    }

    if (!question->fraction) {
        n->low = (n->low + 500) / 1000 * 1000;
        n->high = (n->high + 500) / 1000 * 1000;
    }

    return true;
}


static bool
number_outside(const pl_question_t *question, const pl_number_t *n)
{
    return (question->has_min
            && (n->low_open ? n->high : n->low) < question->min)
           || (question->has_max
               && (n->high_open ? n->low : n->high) > question->max);
}


/* ---- how it is saved ------------------------------------------------ */

static const char *
number_print(const pl_number_t *n, pl_arena_t *ar)
{
    char  low[PL_ANSWER_VALUE_MAX / 2], high[PL_ANSWER_VALUE_MAX / 2];

    (void) number_text(n->low, low, sizeof(low));
    (void) number_text(n->high, high, sizeof(high));

    if (n->high_open) {
        return n->above ? pl_arena_printf(ar, ">%s", low)
                        : pl_arena_printf(ar, "%s+", low);
    }

    if (n->low_open) {
        return pl_arena_printf(ar, n->below ? "<%s" : "<=%s", high);
    }

    return n->low == n->high ? pl_arena_printf(ar, "%s", low)
                             : pl_arena_printf(ar, "%s-%s", low, high);
}


/* Thousandths as a decimal number without needless zeroes. */

static const char *
number_text(int64_t n, char *buf, size_t size)
{
    int      len;
    int64_t  a = n < 0 ? -n : n;

    len = snprintf(buf, size, "%s%" PRId64, n < 0 ? "-" : "", a / 1000);

    if (a % 1000 != 0 && len > 0) {
        len += snprintf(buf + len, size - (size_t) len, ".%03d",
                        (int) (a % 1000));

        while (buf[len - 1] == '0') {
            buf[--len] = '\0';
        }
    }

    return buf;
}
