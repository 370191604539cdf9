/*
 * Hours: "14:30", "14 Uhr 30", "2 pm", "halb drei", "quarter past two",
 * "à 14h", "mittags", and what part of the day they are in.
 */

#include <string.h>

#include "answer_date.h"

#define HOUR_HALF       30              /* minutes that words stand for */
#define HOUR_QUARTER    15
#define HOUR_REGION     1               /* "viertel elf" is 10:15, or 11:15 */

static size_t hour_clock(pl_pieces_t *p, size_t at);
static size_t hour_words(pl_pieces_t *p, size_t at);
static size_t hour_bare(pl_pieces_t *p, size_t at);
static size_t hour_named(pl_pieces_t *p, size_t at);
static size_t hour_part(pl_pieces_t *p, size_t at);
static void hour_set(pl_pieces_t *p, pl_hour_e form, int hour, int minute);
static int hour_value(const pl_tokens_t *tokens, size_t at);

#define DE   PL_LANG_DE
#define EN   PL_LANG_EN
#define NL   PL_LANG_NL
#define FR   PL_LANG_FR
#define ES   PL_LANG_ES
#define IT   PL_LANG_IT
#define ALL  PL_LANG_ALL

static const pl_phrase_t  hour_units[] = {
    { DE, 0, "uhr|h" }, { EN, 0, "o clock|oclock|h|hrs" },
    { NL, 0, "uur|u|h" }, { FR, 0, "h|heures|heure" }, { ES, 0, "h|horas" },
    { IT, 0, "h|ore" },
};

static const pl_phrase_t  hour_ats[] = {
    { DE, 0, "um|gegen|so um|so gegen|ca|ca .|circa" },
    { EN, 0, "at|around|about|at around" },
    { NL, 0, "om|rond|omstreeks" }, { FR, 0, "a|vers|l" },
    { ES, 0, "a las|a la|sobre las|a eso de las" },
    { IT, 0, "alle|all|verso le|alle ore|ore" },
};

/* Minutes from the hour that follows. */
static const pl_phrase_t  hour_before[] = {
    { DE, -HOUR_HALF, "halb|halber" }, { NL, -HOUR_HALF, "half" },
    { DE, -HOUR_QUARTER, "viertel vor|dreiviertel|drei viertel" },
    { DE, HOUR_QUARTER, "viertel nach|viertel uber" },
    { DE, HOUR_REGION, "viertel" },
    { EN, HOUR_HALF, "half past" },
    { EN, HOUR_QUARTER, "quarter past|quarter after|a quarter past" },
    { EN, -HOUR_QUARTER, "quarter to|a quarter to|quarter before" },
    { NL, HOUR_QUARTER, "kwart over" }, { NL, -HOUR_QUARTER, "kwart voor" },
};

/* Minutes from the hour that is before. */
static const pl_phrase_t  hour_behind[] = {
    { FR, HOUR_HALF, "et demie|et demi" }, { FR, HOUR_QUARTER, "et quart" },
    { FR, -HOUR_QUARTER, "moins le quart" },
    { ES, HOUR_HALF, "y media" }, { ES, HOUR_QUARTER, "y cuarto" },
    { ES, -HOUR_QUARTER, "menos cuarto" },
    { IT, HOUR_HALF, "e mezza|e mezzo" }, { IT, HOUR_QUARTER, "e un quarto" },
    { IT, -HOUR_QUARTER, "meno un quarto" },
};

/* Hours with a name. */
static const pl_phrase_t  hour_names[] = {
    { DE, 12, "mittags um zwolf|zwolf uhr mittags" },
    { DE, 0, "mitternacht|um mitternacht" },
    { EN, 12, "noon|at noon|midday|at midday" },
    { EN, 0, "midnight|at midnight" }, { NL, 0, "middernacht" },
    { FR, 12, "midi|a midi" }, { FR, 0, "minuit|a minuit" },
    { ES, 12, "mediodia|al mediodia" }, { ES, 0, "medianoche" },
    { IT, 12, "mezzogiorno|a mezzogiorno" }, { IT, 0, "mezzanotte" },
};

static const pl_phrase_t  hour_parts[] = {
    { ALL, PL_PART_AM, "am|a m|a . m|a . m ." },
    { ALL, PL_PART_PM, "pm|p m|p . m|p . m ." },
    { DE, PL_PART_MORNING,
        "fruh|frueh|morgens|am morgen|in der fruh|vormittag|vormittags|"
        "am vormittag|morgen" },
    { DE, PL_PART_NOON, "mittag|mittags|am mittag" },
    { DE, PL_PART_AFTERNOON, "nachmittag|nachmittags|am nachmittag" },
    { DE, PL_PART_EVENING, "abend|abends|am abend" },
    { DE, PL_PART_NIGHT, "nacht|nachts|in der nacht" },
    { EN, PL_PART_MORNING, "in the morning|morning" },
    { EN, PL_PART_AFTERNOON, "in the afternoon|afternoon" },
    { EN, PL_PART_EVENING, "in the evening|evening" },
    { EN, PL_PART_NIGHT, "at night|night" },
    { NL, PL_PART_MORNING,
        "s ochtends|ochtend|s morgens|voormiddag|vroeg|morgen" },
    { NL, PL_PART_AFTERNOON, "s middags|middag|namiddag" },
    { NL, PL_PART_EVENING, "s avonds|avond" },
    { NL, PL_PART_NIGHT, "s nachts|nacht" },
    { FR, PL_PART_MORNING, "du matin|matin|le matin" },
    { FR, PL_PART_AFTERNOON, "de l apres midi|apres midi|de l apres - midi" },
    { FR, PL_PART_EVENING, "du soir|soir|le soir" },
    { ES, PL_PART_MORNING, "de la manana|por la manana|manana" },
    { ES, PL_PART_AFTERNOON, "de la tarde|por la tarde" },
    { ES, PL_PART_NIGHT, "de la noche|por la noche" },
    { IT, PL_PART_MORNING, "di mattina|del mattino|mattina" },
    { IT, PL_PART_AFTERNOON, "di pomeriggio|del pomeriggio|pomeriggio" },
    { IT, PL_PART_EVENING, "di sera|della sera|sera" },
    { IT, PL_PART_NIGHT, "di notte" },
};


size_t
pl_answer_hour(pl_pieces_t *p, size_t at)
{
    size_t  n;

    n = hour_named(p, at);
    n = n == 0 ? hour_words(p, at) : n;
    n = n == 0 ? hour_clock(p, at) : n;
    n = n == 0 ? hour_bare(p, at) : n;

    return n == 0 ? hour_part(p, at) : n;
}


static void
hour_set(pl_pieces_t *p, pl_hour_e form, int hour, int minute)
{
    p->n_hours++;
    p->form = form;
    p->hour = hour;
    p->minute = minute;
}


static int
hour_value(const pl_tokens_t *tokens, size_t at)
{
    if (at >= tokens->n || tokens->tokens[at].kind != PL_TOKEN_DIGITS
        || tokens->tokens[at].text.len > 2)
    {
        return -1;
    }

    return (int) pl_answer_digits(tokens->tokens[at].text);
}


/* 14:30, 14.30 Uhr, 14h30, 14 Uhr 30, 14:30:00 */

static size_t
hour_clock(pl_pieces_t *p, size_t at)
{
    int                 hour, minute;
    bool                zero;
    size_t              n = 1, unit;
    const pl_tokens_t  *ts = p->tokens;

    hour = hour_value(ts, at);
    if (hour < 0) {
        return 0;
    }

    zero = ts->tokens[at].text.len == 2 && ts->tokens[at].text.data[0] == '0';
    minute = hour_value(ts, at + 2);

    if ((pl_answer_sign(ts, at + 1, ':') || pl_answer_sign(ts, at + 1, '.'))
        && minute >= 0 && ts->tokens[at + 2].text.len == 2)
    {
        n = 3;

        if (pl_answer_sign(ts, at + 1, ':') && pl_answer_sign(ts, at + 3, ':')
            && hour_value(ts, at + 4) >= 0)
        {
            n = 5;
        }

        n += pl_answer_phrase(ts, at + n, hour_units, PL_COUNT(hour_units),
                              NULL);
        hour_set(p, zero ? PL_HOUR_EXACT : PL_HOUR_CLOCK, hour, minute);
        return n;
    }

    unit = pl_answer_phrase(ts, at + 1, hour_units, PL_COUNT(hour_units),
                            NULL);
    n += unit;
    minute = hour_value(ts, at + n);

    if (unit == 0) {

        if (pl_answer_phrase(ts, at + 1, hour_parts, PL_COUNT(hour_parts),
                             NULL) == 0)
        {
            return 0;
        }

        hour_set(p, PL_HOUR_SPOKEN, hour, 0);           /* "3 pm" */
        return n;
    }

    if (minute >= 0 && ts->tokens[at + n].text.len == 2) {
        n++;

    } else {
        minute = 0;
    }

    hour_set(p, zero ? PL_HOUR_EXACT : PL_HOUR_CLOCK, hour, minute);

    return n;
}


/* "halb drei", "quarter past two", "trois heures et demie", "drei Uhr" */

static size_t
hour_words(pl_pieces_t *p, size_t at)
{
    int                 hour, minute = 0;
    size_t              n, len, unit, behind;
    const pl_tokens_t  *ts = p->tokens;

    n = pl_answer_phrase(ts, at, hour_before, PL_COUNT(hour_before), &minute);
    hour = pl_answer_small(ts, at + n, &len);

    if (len == 0 || hour > 24) {
        return 0;
    }

    unit = pl_answer_phrase(ts, at + n + len, hour_units,
                            PL_COUNT(hour_units), NULL);

    if (n == 0) {
        behind = pl_answer_phrase(ts, at + len + unit, hour_behind,
                                  PL_COUNT(hour_behind), &minute);

        if (behind == 0 && (unit == 0
                            || ts->tokens[at].kind == PL_TOKEN_DIGITS))
        {
            return 0;
        }

        n = behind;

    } else if (hour > 12) {
        return 0;
    }

    if (minute == HOUR_REGION) {
        p->reason = "two";
    }

    if (minute < 0) {
        hour = hour == 0 ? 23 : hour - 1;
        hour = hour == 0 && n != 0 ? 12 : hour;         /* half one */
        minute += 60;
    }

    hour_set(p, n == 0 ? PL_HOUR_CLOCK : PL_HOUR_SPOKEN, hour, minute);

    return n + len + unit;
}


/* "um 10", "at three"; and a number alone, where an hour was asked for. */

static size_t
hour_bare(pl_pieces_t *p, size_t at)
{
    int                 hour;
    bool                alone;
    size_t              n, len;
    const pl_tokens_t  *ts = p->tokens;

    n = pl_answer_phrase(ts, at, hour_ats, PL_COUNT(hour_ats), NULL);

    if (n != 0) {

        /* what follows may have a form of its own */
        p->at = true;
        len = hour_words(p, at + n);
        len = len == 0 ? hour_clock(p, at + n) : len;

        if (len != 0) {
            return n + len;
        }
    }

    hour = pl_answer_small(ts, at + n, &len);
    alone = n == 0 && p->question->kind == PL_ANSWER_TIME;

    if (len == 0 || hour > 24 || (n == 0 && !alone)
        || (n == 0 && ts->n > len + 1))
    {
        return 0;
    }

    hour_set(p, PL_HOUR_SPOKEN, hour, 0);

    return n + len;
}


static size_t
hour_named(pl_pieces_t *p, size_t at)
{
    int     hour;
    size_t  n;

    n = pl_answer_phrase(p->tokens, at, hour_names, PL_COUNT(hour_names),
                         &hour);

    if (n != 0) {
        hour_set(p, PL_HOUR_EXACT, hour, 0);

        if (hour == 0) {
            p->reason = "two";          /* which of its two nights? */
        }
    }

    return n;
}


static size_t
hour_part(pl_pieces_t *p, size_t at)
{
    int     part;
    size_t  n;

    n = pl_answer_phrase(p->tokens, at, hour_parts, PL_COUNT(hour_parts),
                         &part);

    /* "3 am", and not "I am" */

    if (n != 0 && (part == PL_PART_AM || part == PL_PART_PM)
        && (p->n_hours == 0 || at == 0
            || p->to != p->tokens->tokens[at - 1].to))
    {
        return 0;
    }

    if (n != 0) {
        p->n_parts++;
        p->part = (pl_part_e) part;
    }

    return n;
}
