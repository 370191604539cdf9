/*
 * From the marks of a text to one quantity, read from left to right: a
 * value, or two with a link between them, and what stands around them. What
 * cannot be one quantity is unclear.
 */

#include <string.h>

#include "answer_number.h"

#define QUANTITY_NEAR         10          /* "almost 100": from a tenth below */
#define QUANTITY_FEW_MIN      2           /* "a few hundred" */
#define QUANTITY_FEW_MAX      9

static void quantity_step(const pl_number_marks_t *m, size_t i,
    pl_number_sum_t *s);
static void quantity_link(const pl_number_marks_t *m, size_t i,
    pl_number_sum_t *s);
static void quantity_end(const pl_number_marks_t *m, size_t i,
    pl_number_sum_t *s);
static void quantity_dash(const pl_number_marks_t *m, size_t i,
    pl_number_sum_t *s);
static void quantity_first(const pl_number_mark_t *mark, pl_number_sum_t *s);
static void quantity_second(const pl_number_mark_t *mark, pl_number_sum_t *s);
static void quantity_bound(pl_number_sum_t *s);


void
pl_answer_quantity(pl_number_marks_t *m, pl_number_sum_t *s)
{
    size_t  i;

    memset(s, 0, sizeof(*s));

    /* "none" and "one" are numbers when nothing else is. */

    if (pl_answer_marks(m, PL_NUMBER_VALUE)
        + pl_answer_marks(m, PL_NUMBER_FEW) == 0)
    {
        for (i = 0; i < m->n; i++) {
            if ((m->marks[i].what == PL_NUMBER_WEAK
                 || m->marks[i].what == PL_NUMBER_NONE)
                && pl_answer_marks(m, PL_NUMBER_STRANGE) == 0)
            {
                m->marks[i].what = PL_NUMBER_VALUE;
            }
        }

    } else {
        for (i = 0; i < m->n; i++) {
            if (m->marks[i].what == PL_NUMBER_NONE) {
                m->marks[i].what = PL_NUMBER_UNDER;         /* "keine 100" */

            } else if (m->marks[i].what == PL_NUMBER_WEAK && i + 1 < m->n
                       && (m->marks[i + 1].what == PL_NUMBER_DASH
                           || m->marks[i + 1].what == PL_NUMBER_TO
                           || m->marks[i + 1].what == PL_NUMBER_OR))
            {
                m->marks[i].what = PL_NUMBER_VALUE;         /* "ein bis zwei" */
            }
        }
    }

    for (i = 0; i < m->n; i++) {
        quantity_step(m, i, s);
    }

    quantity_bound(s);
    s->number.about = s->number.about || s->about
                      || pl_answer_marks(m, PL_NUMBER_ASKED) > 0;
    s->number.least = s->number.low;
    s->number.most = s->number.high;
}


static void
quantity_step(const pl_number_marks_t *m, size_t i, pl_number_sum_t *s)
{
    const pl_number_mark_t  *mark = &m->marks[i];

    switch (mark->what) {

    case PL_NUMBER_ABOUT:
        s->about = true;
        break;

    case PL_NUMBER_OVER:
    case PL_NUMBER_LEAST:
    case PL_NUMBER_UNDER:
    case PL_NUMBER_MOST:
    case PL_NUMBER_ALMOST:
    case PL_NUMBER_BARELY:
        quantity_end(m, i, s);
        break;

    case PL_NUMBER_BETWEEN:
    case PL_NUMBER_DASH:
    case PL_NUMBER_TO:
    case PL_NUMBER_OR:
    case PL_NUMBER_AND:
    case PL_NUMBER_PLUS:
    case PL_NUMBER_LESS:
        quantity_link(m, i, s);
        break;

    case PL_NUMBER_DAY:
    case PL_NUMBER_WEEK:
    case PL_NUMBER_MONTH:
    case PL_NUMBER_YEAR:
    case PL_NUMBER_RATE:
        s->unclear = s->unclear || (s->rate != 0 && s->rate != mark->what);
        s->rate = mark->what;
        break;

    case PL_NUMBER_MONEY:
        s->money = true;
        break;

    case PL_NUMBER_PERCENT:
        s->percent = true;
        break;

    case PL_NUMBER_VALUE:
    case PL_NUMBER_FEW:
        if (s->values == 0) {
            quantity_first(mark, s);

        } else if (s->values == 1 && s->link != PL_NUMBER_FILL) {
            quantity_second(mark, s);

        } else {
            s->unclear = true;                          /* two of them */
        }
        break;

    default:
        break;
    }
}


/* What joins two values, or stands behind one. */

static void
quantity_link(const pl_number_marks_t *m, size_t i, pl_number_sum_t *s)
{
    const pl_number_mark_t  *mark = &m->marks[i];

    switch (mark->what) {

    case PL_NUMBER_BETWEEN:
        s->between = true;
        break;

    case PL_NUMBER_DASH:
        quantity_dash(m, i, s);
        break;

    case PL_NUMBER_TO:
        if (s->values == 1) {
            s->link = PL_NUMBER_TO;

        } else if (s->before == PL_NUMBER_FILL) {
            s->before = PL_NUMBER_MOST;                    /* "bis 100" */
        }
        break;

    case PL_NUMBER_OR:
        s->link = s->values == 1 ? PL_NUMBER_OR : s->link;
        break;

    case PL_NUMBER_AND:
        s->link = s->values == 1 && s->between ? PL_NUMBER_TO : s->link;
        break;

    case PL_NUMBER_PLUS:
        if (s->values == 1) {
            s->number.high_open = true;
            s->to = mark->to;

        } else {
            s->unclear = true;
        }
        break;

    case PL_NUMBER_LESS:
        s->unclear = s->unclear || s->values != 1;
        s->number.low_open = true;
        break;

    default:
        break;
    }
}


/*
 * "at most 100", "100 at most"; "100 up to 300" is a range. "good" and
 * "almost" are of the value that follows, or of something else.
 */
static void
quantity_end(const pl_number_marks_t *m, size_t i, pl_number_sum_t *s)
{
    bool      near, slight;
    size_t    j = i + 1;
    pl_number_e  what = m->marks[i].what;

    slight = what == PL_NUMBER_ALMOST || what == PL_NUMBER_BARELY;

    while (j < m->n && !slight && (m->marks[j].what == PL_NUMBER_FILL
                                   || m->marks[j].what == PL_NUMBER_ABOUT))
    {
        j++;
    }

    near = j < m->n && (m->marks[j].what == PL_NUMBER_VALUE
                        || m->marks[j].what == PL_NUMBER_FEW);

    if (near && s->values == 1 && what == PL_NUMBER_MOST) {
        s->link = PL_NUMBER_TO;
        return;
    }

    if (!near && slight) {
        return;
    }

    if (s->before != PL_NUMBER_FILL
        || (!near && (s->values != 1 || (what != PL_NUMBER_LEAST
                                         && what != PL_NUMBER_MOST))))
    {
        s->unclear = true;
    }

    s->before = what;
}


/* Between two values a dash makes a range; before the first, a minus. */

static void
quantity_dash(const pl_number_marks_t *m, size_t i, pl_number_sum_t *s)
{
    pl_number_e  next = i + 1 < m->n ? m->marks[i + 1].what : PL_NUMBER_FILL;

    if (s->values == 1) {
        s->link = PL_NUMBER_TO;                    /* and in "zwei- bis drei" */

    } else if (s->values == 0 && next == PL_NUMBER_VALUE) {
        s->negative = true;
    }
}


static void
quantity_first(const pl_number_mark_t *mark, pl_number_sum_t *s)
{
    pl_number_t  *n = &s->number;

    s->values = 1;
    s->from = mark->from;
    s->to = mark->to;
    s->factor = mark->n.factor == 0 ? 1 : mark->n.factor;
    s->bare = mark->n.value / s->factor;
    n->low = n->high = mark->n.value;

    if (mark->what == PL_NUMBER_FEW) {
        n->low = mark->n.value * QUANTITY_FEW_MIN;
        n->high = mark->n.value * QUANTITY_FEW_MAX;
        n->about = true;
    }

    if (mark->n.many) {
        n->low = n->high = mark->n.value * QUANTITY_FEW_MIN;
        n->high_open = true;
    }

    n->about = n->about || mark->n.about;
}


/*
 * The other end of a range. In "1-2k" and "zwei- bis dreihundert" the factor
 * is meant for both; in "2-300" it may be.
 */
static void
quantity_second(const pl_number_mark_t *mark, pl_number_sum_t *s)
{
    int64_t       factor = mark->n.factor == 0 ? 1 : mark->n.factor, low;
    pl_number_t  *n = &s->number;

    low = n->low;
    s->values = 2;
    s->to = mark->to;

    if (mark->what == PL_NUMBER_FEW || mark->n.many || n->low != n->high
        || n->high_open)
    {
        s->unclear = true;
        return;
    }

    if (factor > 1 && s->factor == 1 && low < mark->n.value / factor) {
        low *= factor;

    } else if (factor == 1 && s->factor == 1 && low > 0 && low < 10 * 1000
               && mark->n.value % (100 * 1000) == 0
               && mark->n.value / 100 > low
               && mark->n.value < 1000 * 1000)
    {
        s->unclear = true;
    }

    /* "3 or 4" is about that; "100 or 300" is one of two */

    s->unclear = s->unclear || low >= mark->n.value
                 || (s->link == PL_NUMBER_OR && mark->n.value > 2 * low);
    n->low = low;
    n->high = mark->n.value;
    n->about = n->about || s->link == PL_NUMBER_OR || mark->n.about;
    s->link = PL_NUMBER_FILL;
}


/* What stood before the value makes ends of it. */

static void
quantity_bound(pl_number_sum_t *s)
{
    pl_number_t  *n = &s->number;

    if (s->between && s->values != 2) {
        s->unclear = true;
    }

    if (s->before == PL_NUMBER_FILL) {
        return;
    }

    if (s->values != 1 || n->low != n->high || n->high_open || n->low_open) {

        /* "more than 100-300" is no end of anything */
        s->unclear = true;
        return;
    }

    switch (s->before) {

    case PL_NUMBER_OVER:
        n->above = true;
        n->high_open = true;
        break;

    case PL_NUMBER_LEAST:
        n->high_open = true;
        break;

    case PL_NUMBER_UNDER:
        n->below = true;
        n->low_open = true;
        break;

    case PL_NUMBER_MOST:
        n->low_open = true;
        break;

    case PL_NUMBER_ALMOST:
        n->low -= n->low / QUANTITY_NEAR;
        n->low -= n->low % 1000;
        n->below = n->low != n->high;
        n->about = true;
        break;

    default:
        n->high += n->high / QUANTITY_NEAR;
        n->high -= n->high % 1000;
        n->about = true;
    }
}


size_t
pl_answer_marks(const pl_number_marks_t *m, pl_number_e what)
{
    size_t  i, n = 0;

    for (i = 0; i < m->n; i++) {
        n += m->marks[i].what == what;
    }

    return n;
}
