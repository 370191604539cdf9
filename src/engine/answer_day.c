/*
 * Days: "24.12.", "24 December 2027", "2027-12-24", "tomorrow", "next
 * Monday", "in 3 days".
 *
 * Which of 3/4 is the month: the language knows (en-US: the first; "en"
 * alone does not). Where only one reading has a thirteenth month or none, the
 * other is it.
 */

#include <string.h>

#include "../core/str.h"
#include "answer_date.h"

#define DAY_NOW         1000            /* values of day_words */
#define DAY_AFTER_MAX   1000            /* "in 3 days": so many at most */
#define DAY_YEAR_MIN    1000            /* of four digits */

typedef enum {
    DAY_MINUTES = 1,
    DAY_HOURS,
    DAY_DAYS,
    DAY_WEEKS,
    DAY_MONTHS,
    DAY_YEARS,
    DAY_HALF_HOUR
} day_unit_e;

static size_t day_digits(pl_pieces_t *p, size_t at);
static size_t day_iso(pl_pieces_t *p, size_t at);
static size_t day_dotted(pl_pieces_t *p, size_t at);
static size_t day_slashed(pl_pieces_t *p, size_t at);
static size_t day_named(pl_pieces_t *p, size_t at);
static size_t day_month_first(pl_pieces_t *p, size_t at);
static size_t day_relative(pl_pieces_t *p, size_t at);
static size_t day_weekday(pl_pieces_t *p, size_t at);
static size_t day_after(pl_pieces_t *p, size_t at);
static void day_later(pl_pieces_t *p, int n, day_unit_e unit);
static void day_fix(pl_pieces_t *p, const pl_when_t *when);
static void day_set(pl_pieces_t *p, int year, int month, int day);
static int day_value(const pl_tokens_t *tokens, size_t at, size_t max);
static int day_year(const pl_pieces_t *p, size_t at);

#define DE   PL_LANG_DE
#define EN   PL_LANG_EN
#define NL   PL_LANG_NL
#define FR   PL_LANG_FR
#define ES   PL_LANG_ES
#define IT   PL_LANG_IT
#define ALL  PL_LANG_ALL

static const pl_phrase_t  day_months[] = {
    { DE, 1, "januar|janner|jan|jan ." }, { DE, 2, "februar|feb|feb ." },
    { DE, 3, "marz|maerz|mrz|mrz ." }, { DE, 4, "april|apr|apr ." },
    { DE, 5, "mai" }, { DE, 6, "juni|jun|jun ." },
    { DE, 7, "juli|jul|jul ." }, { DE, 8, "august|aug|aug ." },
    { DE, 9, "september|sept|sept .|sep|sep ." },
    { DE, 10, "oktober|okt|okt ." }, { DE, 11, "november|nov|nov ." },
    { DE, 12, "dezember|dez|dez ." },
    { EN, 1, "january|jan|jan ." }, { EN, 2, "february|feb|feb ." },
    { EN, 3, "march|mar|mar ." }, { EN, 4, "april|apr|apr ." },
    { EN, 5, "may" }, { EN, 6, "june|jun|jun ." },
    { EN, 7, "july|jul|jul ." }, { EN, 8, "august|aug|aug ." },
    { EN, 9, "september|sept|sept .|sep|sep ." },
    { EN, 10, "october|oct|oct ." }, { EN, 11, "november|nov|nov ." },
    { EN, 12, "december|dec|dec ." },
    { NL, 1, "januari|jan|jan ." }, { NL, 2, "februari|feb|feb ." },
    { NL, 3, "maart|mrt|mrt ." }, { NL, 4, "april|apr|apr ." },
    { NL, 5, "mei" }, { NL, 6, "juni|jun|jun ." },
    { NL, 7, "juli|jul|jul ." }, { NL, 8, "augustus|aug|aug ." },
    { NL, 9, "september|sept|sept .|sep|sep ." },
    { NL, 10, "oktober|okt|okt ." }, { NL, 11, "november|nov|nov ." },
    { NL, 12, "december|dec|dec ." },
    { FR, 1, "janvier|janv|janv ." }, { FR, 2, "fevrier|fevr|fevr ." },
    { FR, 3, "mars" }, { FR, 4, "avril|avr|avr ." }, { FR, 5, "mai" },
    { FR, 6, "juin" }, { FR, 7, "juillet|juil|juil ." },
    { FR, 8, "aout" }, { FR, 9, "septembre|sept|sept ." },
    { FR, 10, "octobre|oct|oct ." }, { FR, 11, "novembre|nov|nov ." },
    { FR, 12, "decembre|dec|dec ." },
    { ES, 1, "enero|ene" }, { ES, 2, "febrero|feb" }, { ES, 3, "marzo|mar" },
    { ES, 4, "abril|abr" }, { ES, 5, "mayo|may" }, { ES, 6, "junio|jun" },
    { ES, 7, "julio|jul" }, { ES, 8, "agosto|ago" },
    { ES, 9, "septiembre|setiembre|sept|sep" }, { ES, 10, "octubre|oct" },
    { ES, 11, "noviembre|nov" }, { ES, 12, "diciembre|dic" },
    { IT, 1, "gennaio|gen" }, { IT, 2, "febbraio|feb" },
    { IT, 3, "marzo|mar" }, { IT, 4, "aprile|apr" }, { IT, 5, "maggio|mag" },
    { IT, 6, "giugno|giu" }, { IT, 7, "luglio|lug" },
    { IT, 8, "agosto|ago" }, { IT, 9, "settembre|sett|set" },
    { IT, 10, "ottobre|ott" }, { IT, 11, "novembre|nov" },
    { IT, 12, "dicembre|dic" },
};

static const pl_phrase_t  day_weekdays[] = {
    { DE, 1, "montag|montags|mo|mo ." }, { DE, 2, "dienstag|di|di ." },
    { DE, 3, "mittwoch|mi|mi ." }, { DE, 4, "donnerstag|do|do ." },
    { DE, 5, "freitag|fr|fr ." }, { DE, 6, "samstag|sonnabend|sa|sa ." },
    { DE, 7, "sonntag|so ." },
    { EN, 1, "monday|mon" }, { EN, 2, "tuesday|tue|tues" },
    { EN, 3, "wednesday|wed" }, { EN, 4, "thursday|thu|thur|thurs" },
    { EN, 5, "friday|fri" }, { EN, 6, "saturday|sat" },
    { EN, 7, "sunday" },
    { NL, 1, "maandag|ma" }, { NL, 2, "dinsdag|di" }, { NL, 3, "woensdag|wo" },
    { NL, 4, "donderdag|do" }, { NL, 5, "vrijdag|vr" },
    { NL, 6, "zaterdag|za" }, { NL, 7, "zondag|zo" },
    { FR, 1, "lundi" }, { FR, 2, "mardi" }, { FR, 3, "mercredi" },
    { FR, 4, "jeudi" }, { FR, 5, "vendredi" }, { FR, 6, "samedi" },
    { FR, 7, "dimanche" },
    { ES, 1, "lunes" }, { ES, 2, "martes" }, { ES, 3, "miercoles" },
    { ES, 4, "jueves" }, { ES, 5, "viernes" }, { ES, 6, "sabado" },
    { ES, 7, "domingo" },
    { IT, 1, "lunedi" }, { IT, 2, "martedi" }, { IT, 3, "mercoledi" },
    { IT, 4, "giovedi" }, { IT, 5, "venerdi" }, { IT, 6, "sabato" },
    { IT, 7, "domenica" },
};

static const pl_phrase_t  day_nexts[] = {
    { DE, 1, "nachsten|nachster|nachste|naechsten|naechster" },
    { DE, 0, "kommenden|kommender|kommende|diesen|dieser|diese|am" },
    { EN, 1, "next" }, { EN, 0, "this|this coming|coming|on" },
    { NL, 1, "volgende" }, { NL, 0, "deze|komende|aanstaande|op" },
    { FR, 0, "ce|cette" }, { ES, 1, "el proximo|proximo" },
    { ES, 0, "el|este" }, { IT, 1, "prossimo|il prossimo" },
    { IT, 0, "questo|questa|il" },
};

/* "lundi prochain": behind the day. */
static const pl_phrase_t  day_nexts_behind[] = {
    { FR, 1, "prochain" }, { ES, 1, "proximo|que viene" },
    { IT, 1, "prossimo|prossima" },
};

/* Days from today. */
static const pl_phrase_t  day_words[] = {
    { DE, 0, "heute|heut" }, { DE, 1, "morgen" },
    { DE, 2, "ubermorgen|uebermorgen" }, { DE, -1, "gestern" },
    { DE, -2, "vorgestern" },
    { DE, DAY_NOW, "jetzt|sofort|jetzt gleich|jetzt sofort" },
    { EN, 0, "today|tonight" }, { EN, 1, "tomorrow|tmrw|tmr|tomorow" },
    { EN, 2, "day after tomorrow|the day after tomorrow" },
    { EN, -1, "yesterday" }, { EN, DAY_NOW, "now|right now|immediately" },
    { NL, 0, "vandaag|vanavond|vanmiddag" }, { NL, 1, "morgen" },
    { NL, 2, "overmorgen" }, { NL, -1, "gisteren" }, { NL, DAY_NOW, "nu" },
    { FR, 0, "aujourd hui|ce soir" }, { FR, 1, "demain" },
    { FR, 2, "apres demain|apres - demain" }, { FR, -1, "hier" },
    { FR, DAY_NOW, "maintenant|tout de suite" },
    { ES, 0, "hoy|esta tarde|esta noche" }, { ES, 1, "manana" },
    { ES, 2, "pasado manana" }, { ES, -1, "ayer" },
    { ES, DAY_NOW, "ahora|ahora mismo" },
    { IT, 0, "oggi|stasera" }, { IT, 1, "domani" }, { IT, 2, "dopodomani" },
    { IT, -1, "ieri" }, { IT, DAY_NOW, "adesso|subito" },
};

static const pl_phrase_t  day_ins[] = {
    { DE, 0, "in" }, { EN, 0, "in" }, { NL, 0, "over" }, { FR, 0, "dans" },
    { ES, 0, "en|dentro de" }, { IT, 0, "tra|fra" },
};

static const pl_phrase_t  day_units[] = {
    { DE, DAY_MINUTES, "minute|minuten|min|min ." },
    { DE, DAY_HOURS, "stunde|stunden|std|std .|h" },
    { DE, DAY_HALF_HOUR, "halben stunde" },
    { DE, DAY_DAYS, "tag|tage|tagen" }, { DE, DAY_WEEKS, "woche|wochen" },
    { DE, DAY_MONTHS, "monat|monate|monaten" },
    { DE, DAY_YEARS, "jahr|jahre|jahren" },
    { EN, DAY_HALF_HOUR, "half an hour" },
    { EN, DAY_MINUTES, "minute|minutes|min|mins" },
    { EN, DAY_HOURS, "hour|hours|hrs|h" },
    { EN, DAY_DAYS, "day|days" }, { EN, DAY_WEEKS, "week|weeks" },
    { EN, DAY_MONTHS, "month|months" }, { EN, DAY_YEARS, "year|years" },
    { NL, DAY_MINUTES, "minuut|minuten|min" }, { NL, DAY_HOURS, "uur|u" },
    { NL, DAY_HALF_HOUR, "half uur" },
    { NL, DAY_DAYS, "dag|dagen" }, { NL, DAY_WEEKS, "week|weken" },
    { NL, DAY_MONTHS, "maand|maanden" }, { NL, DAY_YEARS, "jaar" },
    { FR, DAY_MINUTES, "minute|minutes|min" },
    { FR, DAY_HOURS, "heure|heures|h" }, { FR, DAY_HALF_HOUR, "demi heure" },
    { FR, DAY_DAYS, "jour|jours" }, { FR, DAY_WEEKS, "semaine|semaines" },
    { FR, DAY_MONTHS, "mois" }, { FR, DAY_YEARS, "an|ans" },
    { ES, DAY_MINUTES, "minuto|minutos|min" }, { ES, DAY_HOURS, "hora|horas" },
    { ES, DAY_DAYS, "dia|dias" }, { ES, DAY_WEEKS, "semana|semanas" },
    { ES, DAY_MONTHS, "mes|meses" }, { ES, DAY_YEARS, "ano|anos" },
    { IT, DAY_MINUTES, "minuto|minuti|min" }, { IT, DAY_HOURS, "ora|ore" },
    { IT, DAY_DAYS, "giorno|giorni" }, { IT, DAY_WEEKS, "settimana|settimane" },
    { IT, DAY_MONTHS, "mese|mesi" }, { IT, DAY_YEARS, "anno|anni" },
};

/* Between a day and its month, and behind its number. */
static const pl_phrase_t  day_ofs[] = {
    { ALL, 0, "." }, { EN, 0, "of|st|nd|rd|th|st of|nd of|rd of|th of" },
    { FR, 0, "er" }, { ES, 0, "de" }, { NL, 0, "e" },
};


size_t
pl_answer_day(pl_pieces_t *p, size_t at)
{
    size_t  n;

    n = day_digits(p, at);
    n = n == 0 ? day_named(p, at) : n;
    n = n == 0 ? day_month_first(p, at) : n;
    n = n == 0 ? day_after(p, at) : n;
    n = n == 0 ? day_relative(p, at) : n;

    return n == 0 ? day_weekday(p, at) : n;
}


int
pl_answer_small(const pl_tokens_t *tokens, size_t at, size_t *n)
{
    int           value;
    pl_numeral_t  v;

    value = day_value(tokens, at, 4);
    *n = value >= 0;

    if (value < 0 && pl_answer_spoken(tokens, at, &v) == PL_NUMERAL_READ
        && v.value % 1000 == 0 && v.value < 10000 * 1000 && !v.about)
    {
        *n = v.n_tokens;
        value = (int) (v.value / 1000);
    }

    return value;
}


/* The value of up to max digits at a token, or -1. */

static int
day_value(const pl_tokens_t *tokens, size_t at, size_t max)
{
    if (at >= tokens->n || tokens->tokens[at].kind != PL_TOKEN_DIGITS
        || tokens->tokens[at].text.len > max)
    {
        return -1;
    }

    return (int) pl_answer_digits(tokens->tokens[at].text);
}


/* A year of two digits or four, or 0. */

static int
day_year(const pl_pieces_t *p, size_t at)
{
    int     year = day_value(p->tokens, at, 4), now = p->question->now.year;
    size_t  len;

    if (year < 0) {
        return 0;
    }

    len = p->tokens->tokens[at].text.len;

    if (len == 4) {
        return year >= DAY_YEAR_MIN ? year : 0;
    }

    if (len != 2 || p->tokens->tokens[at].spaced) {
        return 0;                                   /* "5.3. 15 Uhr" */
    }

    year += now / 100 * 100;

    return p->question->past && year > now ? year - 100 : year;
}


static void
day_set(pl_pieces_t *p, int year, int month, int day)
{
    p->n_days++;
    p->year = year;
    p->month = month;
    p->day = day;
}


static void
day_fix(pl_pieces_t *p, const pl_when_t *when)
{
    day_set(p, when->year, when->month, when->day);
    p->fixed = true;
}


/* ---- digits --------------------------------------------------------- */

static size_t
day_digits(pl_pieces_t *p, size_t at)
{
    size_t  n;

    if (day_value(p->tokens, at, 4) < 0) {
        return 0;
    }

    n = day_iso(p, at);
    n = n == 0 ? day_dotted(p, at) : n;

    return n == 0 ? day_slashed(p, at) : n;
}


static size_t
day_iso(pl_pieces_t *p, size_t at)
{
    const pl_tokens_t  *ts = p->tokens;

    if (ts->tokens[at].text.len != 4
        || !(pl_answer_sign(ts, at + 1, '-') || pl_answer_sign(ts, at + 1, '/')
             || pl_answer_sign(ts, at + 1, '.'))
        || day_value(ts, at + 2, 2) < 0
        || !pl_answer_sign(ts, at + 3, ts->tokens[at + 1].sign)
        || day_value(ts, at + 4, 2) < 0)
    {
        return 0;
    }

    day_set(p, day_year(p, at), day_value(ts, at + 2, 2),
            day_value(ts, at + 4, 2));

    return 5;
}


/* 24.12. and 24.12.2027; 24.12 is what is asked for: a day, or an hour. */

static size_t
day_dotted(pl_pieces_t *p, size_t at)
{
    int                 year;
    size_t              n = 3;
    const pl_tokens_t  *ts = p->tokens;

    if (day_value(ts, at, 2) < 0 || !pl_answer_sign(ts, at + 1, '.')
        || day_value(ts, at + 2, 2) < 0)
    {
        return 0;
    }

    if (!pl_answer_sign(ts, at + 3, '.')) {

        if (p->question->kind == PL_ANSWER_TIME || p->at || p->n_days > 0
            || pl_answer_phrase(ts, at + n, day_units, PL_COUNT(day_units),
                                NULL) != 0)
        {
            return 0;                               /* "1.5 weeks" */
        }

        if (p->question->kind == PL_ANSWER_MOMENT
            && day_value(ts, at, 2) < 24 && day_value(ts, at + 2, 2) <= 12)
        {
            p->reason = "two";
        }

        if (day_value(ts, at + 2, 2) > 12) {
            return 0;
        }

        day_set(p, 0, day_value(ts, at + 2, 2), day_value(ts, at, 2));
        return n;
    }

    n++;
    year = day_year(p, at + 4);

    if (year != 0 && !pl_answer_sign(ts, at + 5, ':')
        && !(pl_answer_sign(ts, at + 5, '.') && !ts->tokens[at + 5].spaced
             && day_value(ts, at + 6, 2) >= 0))
    {
        n++;

    } else {
        year = 0;
    }

    day_set(p, year, day_value(ts, at + 2, 2), day_value(ts, at, 2));

    return n;
}


static size_t
day_slashed(pl_pieces_t *p, size_t at)
{
    int                 a, b, year = 0;
    bool                first;
    size_t              n = 3;
    uint32_t            sign;
    const pl_tokens_t  *ts = p->tokens;

    a = day_value(ts, at, 2);
    b = day_value(ts, at + 2, 2);

    if (a < 0 || b < 0 || ts->tokens[at + 2].spaced
        || !(pl_answer_sign(ts, at + 1, '/')
             || pl_answer_sign(ts, at + 1, '-')))
    {
        return 0;
    }

    sign = ts->tokens[at + 1].sign;

    if (pl_answer_sign(ts, at + 3, sign)) {
        year = day_year(p, at + 4);
        n = 5;

        if (year == 0 && sign == '/') {
            p->reason = "unknown";                  /* "3/4/5" */
        }
    }

    if (sign == '-' && year == 0) {
        return 0;                                   /* 10-12: hours */
    }

    first = ts->month_first;

    if (ts->no_order && a != b && a <= 12 && b <= 12) {
        p->reason = "order";

    } else if (ts->no_order) {
        first = b > 12;

    } else if ((first ? a : b) > 12) {
        p->reason = "order";
    }

    day_set(p, year, first ? a : b, first ? b : a);

    return n;
}


/* ---- months in words ------------------------------------------------ */

/* "24. Dezember 2027", "24th of December", "24 de diciembre de 2027" */

static size_t
day_named(pl_pieces_t *p, size_t at)
{
    int                 day, month, year;
    size_t              n, len;
    const pl_tokens_t  *ts = p->tokens;

    day = pl_answer_small(ts, at, &n);
    if (n == 0) {
        return 0;
    }

    n += pl_answer_phrase(ts, at + n, day_ofs, PL_COUNT(day_ofs), NULL);
    len = pl_answer_phrase(ts, at + n, day_months, PL_COUNT(day_months),
                           &month);

    if (len == 0) {
        return 0;
    }

    n += len;
    len = pl_answer_phrase(ts, at + n, day_ofs, PL_COUNT(day_ofs), NULL);
    len += len == 0 && pl_answer_sign(ts, at + n, ',');
    year = day_year(p, at + n + len);

    if (year >= DAY_YEAR_MIN && ts->tokens[at + n + len].text.len == 4) {
        n += len + 1;

    } else {
        year = 0;
    }

    day_set(p, year, month, day);

    return n;
}


/* "December 24th, 2027"; a month alone says that no day here is the next. */

static size_t
day_month_first(pl_pieces_t *p, size_t at)
{
    int                 day, month, year;
    size_t              n;
    const pl_tokens_t  *ts = p->tokens;

    n = pl_answer_phrase(ts, at, day_months, PL_COUNT(day_months), &month);
    day = n == 0 ? -1 : day_value(ts, at + n, 2);

    if (day < 0 || pl_answer_sign(ts, at + n + 1, ':')) {

        if (n != 0 && p->reason == NULL
            && !pl_str_eq(ts->tokens[at].text, PL_STR("jan")))  /* a name */
        {
            p->reason = "vague";
        }

        return n;
    }

    n++;
    n += pl_answer_phrase(ts, at + n, day_ofs, PL_COUNT(day_ofs), NULL);
    n += pl_answer_sign(ts, at + n, ',');
    year = day_year(p, at + n);

    if (year >= DAY_YEAR_MIN && ts->tokens[at + n].text.len == 4) {
        n++;

    } else {
        year = 0;
    }

    day_set(p, year, month, day);

    return n;
}


/* ---- from today ----------------------------------------------------- */

static size_t
day_relative(pl_pieces_t *p, size_t at)
{
    int        value;
    size_t     n;
    pl_when_t  when = p->question->now;

    n = pl_answer_phrase(p->tokens, at, day_words, PL_COUNT(day_words),
                         &value);

    if (n == 0) {
        return 0;
    }

    if (value == 1 && p->n_days + p->n_weekdays > 0
        && (p->tokens->languages & (DE | NL | ES)) != 0)
    {
        return 0;                       /* "Montag morgen": in the morning */
    }

    if (value == DAY_NOW) {
        day_later(p, 0, DAY_MINUTES);
        return n;
    }

    pl_answer_day_from(pl_answer_day_number(&when) + value, &when);
    day_fix(p, &when);

    return n;
}


static size_t
day_weekday(pl_pieces_t *p, size_t at)
{
    int                 next = 0, weekday;
    size_t              n, len;
    const pl_tokens_t  *ts = p->tokens;

    n = pl_answer_phrase(ts, at, day_nexts, PL_COUNT(day_nexts), &next);
    len = pl_answer_phrase(ts, at + n, day_weekdays, PL_COUNT(day_weekdays),
                           &weekday);

    if (len == 0) {
        return 0;
    }

    n += len;
    len = pl_answer_phrase(ts, at + n, day_nexts_behind,
                           PL_COUNT(day_nexts_behind), &next);

    p->n_weekdays++;
    p->weekday = weekday;
    p->next = next != 0;

    return n + len;
}


static size_t
day_after(pl_pieces_t *p, size_t at)
{
    int     count, unit;
    bool    one;
    size_t  n, len;

    n = pl_answer_phrase(p->tokens, at, day_ins, PL_COUNT(day_ins), NULL);
    if (n == 0) {
        return 0;
    }

    count = pl_answer_small(p->tokens, at + n, &len);
    one = len == 0;
    n += len;

    if (!one && (pl_answer_sign(p->tokens, at + n, '.')
                 || pl_answer_sign(p->tokens, at + n, ','))
        && day_value(p->tokens, at + n + 1, 4) >= 0)
    {
        len = pl_answer_phrase(p->tokens, at + n + 2, day_units,
                               PL_COUNT(day_units), NULL);

        if (len != 0) {
            p->reason = "fraction";                 /* "in 1.5 weeks" */
            return n + 2 + len;
        }
    }

    len = pl_answer_phrase(p->tokens, at + n, day_units, PL_COUNT(day_units),
                           &unit);

    if (len == 0 || (one && unit != DAY_HALF_HOUR)) {
        return 0;
    }

    count = one ? 1 : count;

    if (unit == DAY_HALF_HOUR) {
        count *= 30;
        unit = DAY_MINUTES;
    }

    if (count > DAY_AFTER_MAX) {
        p->reason = "range";
        count = 0;
    }

    day_later(p, count, (day_unit_e) unit);

    return n + len;
}


/* So many units from now, as the wall counts them. */

static void
day_later(pl_pieces_t *p, int n, day_unit_e unit)
{
    int        month, minutes;
    int64_t    days;
    pl_when_t  when = p->question->now;

    if (unit == DAY_MONTHS || unit == DAY_YEARS) {
        month = when.month - 1 + (unit == DAY_YEARS ? 12 * n : n);
        when.year += month / 12;
        when.month = month % 12 + 1;

        while (!pl_answer_day_valid(when.year, when.month, when.day)) {
            when.day--;
        }

        day_fix(p, &when);
        return;
    }

    days = pl_answer_day_number(&when);

    if (unit == DAY_DAYS || unit == DAY_WEEKS) {
        pl_answer_day_from(days + (unit == DAY_WEEKS ? 7 * n : n), &when);
        day_fix(p, &when);
        return;
    }

    minutes = when.hour * 60 + when.minute
              + (unit == DAY_HOURS ? 60 * n : n);
    pl_answer_day_from(days + minutes / 1440, &when);
    day_fix(p, &when);

    p->n_hours++;
    p->form = PL_HOUR_EXACT;
    p->hour = minutes % 1440 / 60;
    p->minute = minutes % 60;
}
