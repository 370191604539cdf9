/*
 * What a condition asks of a value: is it one of these, is it a number that
 * large, does it match.
 *
 * A number is as answers keep it (answer.h): "250", "1.5", or a range, of
 * which all must hold: "100-300" is from 100 and below 301, "300+" is from
 * 300 and below nothing.
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

#define VALUE_PARTS       1000          /* a number is kept in thousandths */
#define VALUE_DIGITS_MAX  12

/* Ends that are open are INT64_MIN and INT64_MAX. */
typedef struct {
    int64_t  low;
    int64_t  high;
} value_range_t;

static bool value_alike(const flow_when_t *when, const char *value,
    const pl_flow_facts_t *facts);
static bool value_range(const char *s, value_range_t *range);
static const char *value_number(const char *s, int64_t *n);


bool
pl_flow_value_holds(const flow_when_t *when, const char *value,
    const pl_flow_facts_t *facts)
{
    value_range_t         range;
    const Pl__FlowWhen   *row = when->row;

    if (row->has_set && !row->set) {
        return value == NULL;
    }

    if (value == NULL) {
        return false;
    }

    if (when->values.n != 0 && !value_alike(when, value, facts)) {
        return false;
    }

    if (when->matches != NULL
        && !pl_match(when->matches, facts->match, pl_str_c(value), NULL))
    {
        return false;
    }

    if (!row->has_from && !row->has_below) {
        return true;
    }

    return value_range(value, &range)
           && (!row->has_from || range.low >= row->from * VALUE_PARTS)
           && (!row->has_below || range.high < row->below * VALUE_PARTS);
}


static bool
value_alike(const flow_when_t *when, const char *value,
    const pl_flow_facts_t *facts)
{
    flow_phrase_t  phrase;

    return pl_flow_phrase(facts->ar, pl_str_c(value), &phrase) == PL_OK
           && pl_flow_phrase_whole(&when->values, &phrase) >= 0;
}


static bool
value_range(const char *s, value_range_t *range)
{
    bool  below, above;

    below = s[0] == '<';
    above = s[0] == '>';
    s += below || above;
    s += (below || above) && s[0] == '=';

    s = value_number(s, &range->low);
    if (s == NULL) {
        return false;
    }

    range->high = range->low;

    if (below) {
        range->low = INT64_MIN;

    } else if (above || (s[0] == '+' && s[1] == '\0')) {
        s += !above;
        range->high = INT64_MAX;

    } else if (s[0] == '-') {
        s = value_number(s + 1, &range->high);
    }

    return s != NULL && s[0] == '\0';
}


/* NULL: there is none at s. */

static const char *
value_number(const char *s, int64_t *n)
{
    bool     minus;
    int64_t  unit;
    size_t   digits;

    minus = s[0] == '-';
    s += minus;

    for (*n = 0, digits = 0; *s >= '0' && *s <= '9'; s++, digits++) {
        if (digits == VALUE_DIGITS_MAX) {
            return NULL;
        }

        *n = *n * 10 + (*s - '0');
    }

    if (digits == 0) {
        return NULL;
    }

    *n *= VALUE_PARTS;

    if (s[0] == '.' && s[1] >= '0' && s[1] <= '9') {
        for (s++, unit = VALUE_PARTS / 10; *s >= '0' && *s <= '9'; s++) {
            *n += (*s - '0') * unit;
            unit /= 10;
        }
    }

    *n = minus ? -*n : *n;

    return s;
}
