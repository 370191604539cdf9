/*
 * See delay.h. A date is read by its words, since the three forms have the
 * same five in another order:
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT
 *     Sunday, 06-Nov-94 08:49:37 GMT
 *     Sun Nov  6 08:49:37 1994
 *
 * The weekday is not looked at: who gets it wrong means the date.
 */

#include <string.h>

#include "../core/clock.h"
#include "../core/str.h"
#include "delay.h"

#define DELAY_WORDS_MAX  8
#define DELAY_DAY_S      86400LL

typedef struct {
    int64_t  day;               /* of the month; -1 until it is read */
    int64_t  month;             /* 0 to 11 */
    int64_t  year;
    int64_t  second;            /* of the day */
} delay_date_t;

static bool delay_word(pl_str_t word, delay_date_t *date);
static bool delay_number(pl_str_t word, delay_date_t *date);
static bool delay_time(pl_str_t word, int64_t *second);
static bool delay_two(const uint8_t *p, int64_t *n);
static int64_t delay_month(pl_str_t word);


bool
pl_delay_read(pl_str_t value, int64_t now_ms, int64_t *delay_ms)
{
    int64_t      n, time_s;
    pl_status_t  rc;

    if (value.len == 0) {
        return false;
    }

    if (value.data[0] >= '0' && value.data[0] <= '9') {
        rc = pl_str_int(value, &n);
        if (rc != PL_OK && rc != PL_TOOBIG) {
            return false;
        }

        *delay_ms = rc == PL_TOOBIG || n > PL_DELAY_MAX_MS / 1000
                    ? PL_DELAY_MAX_MS : n * 1000;

    } else if (now_ms != 0 && pl_delay_date(value, &time_s)) {
        *delay_ms = time_s * 1000 - now_ms;

    } else {
        return false;
    }

    *delay_ms = *delay_ms < PL_DELAY_MAX_MS ? *delay_ms : PL_DELAY_MAX_MS;
    *delay_ms = *delay_ms > PL_DELAY_MIN_MS ? *delay_ms : PL_DELAY_MIN_MS;

    return true;
}


/* Words end at a blank, a comma, or the hyphen of the second form. */

bool
pl_delay_date(pl_str_t value, int64_t *time_s)
{
    size_t        i, from, words;
    pl_str_t      word;
    delay_date_t  date = { -1, -1, -1, -1 };

    for (i = 0, from = 0, words = 0; i <= value.len; i++) {

        if (i < value.len && value.data[i] != ' ' && value.data[i] != ','
            && value.data[i] != '-')
        {
            continue;
        }

        word.data = value.data + from;
        word.len = i - from;
        from = i + 1;

        if (word.len != 0
            && (++words > DELAY_WORDS_MAX || !delay_word(word, &date)))
        {
            return false;
        }
    }

    if (date.day < 1 || date.month < 0 || date.year < 0 || date.second < 0) {
        return false;
    }

    *time_s = pl_clock_days((int) date.year, (int) date.month + 1,
                            (int) date.day) * DELAY_DAY_S + date.second;

    return true;
}


/* Each part once. Letters that are no month: the weekday, or "GMT". */

static bool
delay_word(pl_str_t word, delay_date_t *date)
{
    int64_t  month;

    if (word.len == 8 && word.data[2] == ':') {
        return date->second < 0 && delay_time(word, &date->second);
    }

    if (word.data[0] >= '0' && word.data[0] <= '9') {
        return delay_number(word, date);
    }

    month = delay_month(word);

    if (month >= 0) {
        if (date->month >= 0) {
            return false;
        }

        date->month = month;
    }

    return true;
}


/* The day comes before the year in every form. */

static bool
delay_number(pl_str_t word, delay_date_t *date)
{
    int64_t  n;

    if (pl_str_int(word, &n) != PL_OK) {
        return false;
    }

    if (date->day < 0) {
        date->day = n;
        return word.len <= 2 && n >= 1 && n <= 31;
    }

    if (date->year >= 0 || (word.len != 2 && word.len != 4)) {
        return false;
    }

    /* two digits: of the hundred years that 2069 ends, as POSIX has it */

    date->year = word.len == 4 ? n : n + (n < 70 ? 2000 : 1900);

    return date->year >= 1970;
}


static bool
delay_time(pl_str_t word, int64_t *second)
{
    int64_t  h, m, s;

    if (word.data[5] != ':' || !delay_two(word.data, &h)
        || !delay_two(word.data + 3, &m) || !delay_two(word.data + 6, &s)
        || h > 23 || m > 59 || s > 60)
    {
        return false;
    }

    *second = h * 3600 + m * 60 + s;

    return true;
}


static bool
delay_two(const uint8_t *p, int64_t *n)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
        return false;
    }

    *n = (p[0] - '0') * 10 + (p[1] - '0');

    return true;
}


static int64_t
delay_month(pl_str_t word)
{
    size_t  i;

    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (i = 0; word.len == 3 && i < 12; i++) {
        if (memcmp(word.data, months + 3 * i, 3) == 0) {
            return (int64_t) i;
        }
    }

    return -1;
}
