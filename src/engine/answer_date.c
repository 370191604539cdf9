/*
 * A date, a time, or both: the pieces of a text put together.
 *
 * What is missing is filled in only where there is one way: a day without a
 * year is the next one to come, a weekday the next of its name. What is over
 * is asked again, unless the question allows it.
 *
 * Hours that are spoken to twelve are those of a day's business: 9 to 12 as
 * they are, 1 to 6 in the afternoon; 7 and 8 may be either and are asked
 * again. A clock of 24 hours is taken as it stands from 7 on; "3 Uhr" is
 * asked again, "03:00" is not. English counts to twelve in any form.
 */

#include <string.h>

#include "../core/clock.h"
#include "answer_date.h"

#define DATE_STRANGE_MAX  6
#define DATE_YEAR_MIN     1900
#define DATE_YEAR_MAX     2200
#define DATE_WEEK         7

typedef enum {
    DATE_NOT = 1,
    DATE_VAGUE,                         /* "after", "or", "next week" */
    DATE_ZONE,                          /* "UTC": not on this wall */
    DATE_FILL
} date_e;

static void date_scan(pl_pieces_t *p);
static size_t date_word(pl_pieces_t *p, size_t at);
static const char *date_missing(const pl_pieces_t *p);
static const char *date_day(pl_pieces_t *p, pl_when_t *when);
static const char *date_weekday(const pl_pieces_t *p, pl_when_t *when);
static const char *date_year(const pl_pieces_t *p, pl_when_t *when);
static const char *date_hour(const pl_pieces_t *p, int *hour);
static const char *date_part(const pl_pieces_t *p, int *hour);
static const char *date_midnight(const pl_pieces_t *p, pl_when_t *when);
static bool date_over(const pl_question_t *question, const pl_when_t *when);
static int date_iso_weekday(const pl_when_t *when);
static const char *date_print(const pl_question_t *question,
    const pl_when_t *when, pl_arena_t *ar);

#define DE   PL_LANG_DE
#define EN   PL_LANG_EN
#define NL   PL_LANG_NL
#define FR   PL_LANG_FR
#define ES   PL_LANG_ES
#define IT   PL_LANG_IT
#define ALL  PL_LANG_ALL

static const pl_phrase_t  date_words[] = {
    { DE, DATE_NOT,
        "nicht|kein|keine|keinen|keinem|keiner|keinesfalls|keineswegs|nie|"
        "niemals|ausser|statt|anstatt|anstelle|ohne|weder|kaum|ungern|"
        "schlecht|schlechter|ungunstig|unpassend|unmoglich|schwierig|blod|"
        "bloed|doof|mies|verhindert|ausgeschlossen|ausgebucht|belegt|"
        "besetzt|verreist|krank|urlaub|feiertag|kollidiert|streichen|"
        "absagen|sage ab|fallt aus|faellt aus" },
    { EN, DATE_NOT,
        "not|no|never|except|can t|cannot|don t|won t|cant|dont|wont|isn t|"
        "isnt|doesn t|doesnt|wouldn t|couldn t|neither|nor|without|instead|"
        "rather than|unless|anything but|any day but|bad|impossible|"
        "unavailable|difficult|busy|booked|away|holiday|vacation|sick|cancel" },
    { NL, DATE_NOT,
        "niet|geen|nooit|behalve|zonder|plaats van|ipv|slecht|onmogelijk|"
        "lastig|verhinderd|bezet|vakantie|ziek|noch" },
    { FR, DATE_NOT,
        "pas|ne|n|jamais|sauf|aucun|aucune|plutot que|lieu de|sans|mauvais|"
        "impossible|difficile|mal|occupe|occupee|absent|absente|conges|"
        "vacances|ferie" },
    { ES, DATE_NOT,
        "no|nunca|excepto|salvo|ningun|ninguno|tampoco|vez de|lugar de|"
        "menos|sin|mal|malo|imposible|dificil|ocupado|ocupada|vacaciones|"
        "festivo" },
    { IT, DATE_NOT,
        "non|mai|tranne|eccetto|nessun|invece|al posto|senza|male|"
        "impossibile|difficile|occupato|occupata|ferie|festa" },
    { DE, DATE_VAGUE,
        "ab|nach|vor|bis|zwischen|oder|spatestens|fruhestens|irgendwann|"
        "nachste woche|kommende woche|naechste woche|diese woche|"
        "nachsten monat|bald|"
        "spater|wochenende|am wochenende|ende|anfang|mitte|egal|immer|"
        "jederzeit|vielleicht|ungefahr ab" },
    { EN, DATE_VAGUE,
        "after|before|by|until|till|between|or|from|sometime|next week|"
        "this week|next month|soon|later|weekend|end of|early|late|anytime|"
        "any time|whenever|maybe|to" },
    { NL, DATE_VAGUE,
        "na|voor|tot|tussen|of|vanaf|ooit|volgende week|deze week|"
        "volgende maand|binnenkort|later|weekend|eind|begin|misschien" },
    { FR, DATE_VAGUE,
        "apres|avant|jusqu|entre|ou|des|semaine prochaine|"
        "la semaine prochaine|bientot|plus tard|fin|debut|peut etre" },
    { ES, DATE_VAGUE,
        "despues|antes|hasta|entre|o|desde|la proxima semana|"
        "la semana que viene|pronto|mas tarde|finales|principios|quizas" },
    { IT, DATE_VAGUE,
        "dopo|prima|fino|tra|fra|o|dal|la prossima settimana|"
        "settimana prossima|presto|piu tardi|fine|inizio|forse" },
    /* another week's, another month's, or each: not the next of its name */
    { DE, DATE_VAGUE,
        "letzten|letzter|letzte|letztes|letztem|vorletzten|vorletzter|"
        "vorletzte|vergangenen|vergangener|vergangene|vorigen|voriger|"
        "vorige|ubernachsten|ubernachster|ubernachste|uebernachsten|"
        "uebernaechsten|ubernaechsten|uebernachste|uebernaechste|"
        "ersten|erster|zweiten|zweiter|dritten|dritter|vierten|vierter|"
        "jeden|jeder|jede|jedes|seit|drauf|darauf|danach|davor|woche|"
        "wochen|monat|monats|monate|jahr|jahres|schonen|schones|schoenen|"
        "schoenes" },
    { EN, DATE_VAGUE,
        "last|past|previous|first|second|third|fourth|every|each|since|"
        "following|week|weeks|fortnight|month|months|year|years|a nice|"
        "happy" },
    { NL, DATE_VAGUE,
        "vorige|afgelopen|laatste|overvolgende|eerste|tweede|derde|vierde|"
        "elke|iedere|sinds|daarna|week|weken|maand|maanden|jaar|fijne|"
        "prettige" },
    { FR, DATE_VAGUE,
        "dernier|derniere|passe|precedent|premier|deuxieme|troisieme|"
        "chaque|tous|depuis|suivant|semaine|semaines|mois|en quinze|"
        "en huit" },
    { ES, DATE_VAGUE,
        "pasado|pasada|ultimo|ultima|anterior|primer|primero|segundo|"
        "tercer|cada|todos|siguiente|semana|semanas|mes|meses" },
    { IT, DATE_VAGUE,
        "scorso|scorsa|passato|passata|ultimo|ultima|precedente|primo|"
        "secondo|terzo|ogni|tutti|seguente|settimana|settimane|mese|mesi" },

    /* what will be known then is not said now */
    { DE, DATE_VAGUE,
        "weiss|weis|sage ich|sag ich|melde ich|melde mich|meld mich|"
        "entscheide|entscheiden|klare|klaere|klaren|klaeren|prufe|pruefe|"
        "schaue|schau|sehe|sehen|uberlege|ueberlege|uberlegen|frage|"
        "bescheid" },
    { EN, DATE_VAGUE,
        "know|i ll tell|let you know|decide|see|check|get back" },
    { NL, DATE_VAGUE, "weet|beslis|kijk|laat weten" },
    { FR, DATE_VAGUE, "sais|saurai|saurais|verrai|decide|dirai|voir" },
    { ES, DATE_VAGUE, "sabre|vere|decido|dire|aviso|ver" },
    { IT, DATE_VAGUE, "so|sapro|vedro|decido|diro|vedere" },

    /* greetings */
    { DE, DATE_FILL,
        "guten morgen|schonen guten morgen|schoenen guten morgen|"
        "guten mittag|guten nachmittag|guten abend|schonen guten abend|"
        "gute nacht|schonen abend|schonen guten tag|schoenen guten tag|"
        "schonen tag|schonen tag noch|schonen abend noch|morgen zusammen|"
        "wir sehen uns|sehen uns|sehen wir uns|ohne problem|ohne probleme|"
        "ist" },
    { EN, DATE_FILL,
        "good morning|good afternoon|good evening|good night|good day|"
        "a nice day|a nice evening|see you|see ya" },
    { NL, DATE_FILL,
        "goede morgen|goeden morgen|goede middag|goeden middag|"
        "goede avond|goeden avond|goede nacht|fijne avond|fijne dag" },
    { FR, DATE_FILL,
        "bon matin|bon apres midi|bon apres - midi|bonne journee|"
        "bonne soiree|bonne nuit|est" },
    { ES, DATE_FILL,
        "buenos dias|buenas tardes|buenas noches|buen dia|buena manana" },
    { IT, DATE_FILL,
        "buon giorno|buona sera|buona giornata|buona serata|"
        "buon pomeriggio|buona notte|buona mattina|va bene" },
    { ALL, DATE_ZONE,
        "z|utc|gmt|mez|mesz|cet|cest|edt|cst|pst|pdt|bst|wib" },
    { ALL & ~DE, DATE_ZONE, "ist" },            /* "Montag ist gut" */
    { ALL & ~FR, DATE_ZONE, "est" },
    { ALL, DATE_VAGUE, "?|-" },
    { ALL, DATE_FILL, ",|.|!|;|:|(|)|ok|t" },
    { DE, DATE_FILL,
        "am|um|gern|gerne|bitte|ja|passt|ginge|geht|den|der|dem|das|ware|"
        "gut|super|uhr|von mir aus|klar|danke|mir|ich|hatte|zeit|konnte|kann|"
        "ware gut|wurde|passen|termin|dann|so|mit|wir|machen|hallo|schon|"
        "gleich|und" },
    { EN, DATE_FILL,
        "at|on|the|please|yes|works|work|is|good|fine|for|me|i|would|be|"
        "great|perfect|thanks|let s|say|how|about|can|could|do|free|am|us|"
        "appointment|and|of" },
    { NL, DATE_FILL,
        "op|om|graag|ja|de|het|is|goed|kan|ik|mij|past|prima|bedankt|zou|"
        "kunnen|afspraak|en|dan" },
    { FR, DATE_FILL,
        "le|la|les|a|oui|s il vous plait|svp|bien|parfait|me|va|pour|moi|"
        "merci|je|peux|rendez vous|rdv|et|convient" },
    { ES, DATE_FILL,
        "el|la|los|a|si|por favor|bien|perfecto|me|va|para|mi|gracias|"
        "puedo|cita|y|de|las|este" },
    { IT, DATE_FILL,
        "il|la|lo|a|si|per favore|bene|perfetto|mi|va|per|me|grazie|posso|"
        "appuntamento|e|di|alle|questo" },
};


pl_status_t
pl_answer_date(const pl_question_t *question, const pl_tokens_t *tokens,
    pl_arena_t *ar, pl_reading_t *out)
{
    pl_when_t    when = { 0 };
    const char  *reason, *wrong;
    pl_pieces_t  p = { 0 };

    p.question = question;
    p.tokens = tokens;

    if (!pl_answer_day_valid(question->now.year, question->now.month,
                             question->now.day)
        || question->now.year < DATE_YEAR_MIN
        || question->now.year > DATE_YEAR_MAX)
    {
        out->reason = "now";
        return PL_OK;
    }

    date_scan(&p);

    if (p.n_days + p.n_weekdays + p.n_hours + p.n_parts == 0) {
        return PL_OK;
    }

    out->from = p.from;
    out->to = p.to;
    reason = date_missing(&p);
    out->has_date = p.n_days + p.n_weekdays > 0;
    out->has_time = p.n_hours > 0;

    if (out->has_date && (reason == NULL || strcmp(reason, "no_time") == 0)) {
        wrong = date_day(&p, &when);
        reason = wrong != NULL ? wrong : reason;
    }

    if (out->has_time && (reason == NULL || strcmp(reason, "no_date") == 0)) {
        wrong = date_hour(&p, &when.hour);
        reason = wrong != NULL ? wrong : reason;
        when.minute = p.minute;

        if (reason == NULL) {
            reason = date_midnight(&p, &when);
        }
    }

    if (reason == NULL && date_over(question, &when)) {
        reason = "past";
    }

    out->when = when;

    if (reason != NULL) {
        pl_answer_tell(out, PL_ANSWER_UNCLEAR, reason);
        return PL_OK;
    }

    out->meant = PL_ANSWER_READ;
    out->value = date_print(question, &when, ar);

    return out->value == NULL ? PL_NOMEM : PL_OK;
}


static void
date_scan(pl_pieces_t *p)
{
    bool    piece, any = false;
    size_t  i, n;

    for (i = 0; i < p->tokens->n; i += n) {
        n = pl_answer_day(p, i);
        n = n == 0 ? pl_answer_hour(p, i) : n;
        piece = n != 0;
        n = n == 0 ? date_word(p, i) : n;

        if (piece) {
            p->from = any ? p->from : p->tokens->tokens[i].from;
            p->to = p->tokens->tokens[i + n - 1].to;
            any = true;
        }
    }
}


static size_t
date_word(pl_pieces_t *p, size_t at)
{
    int                value = 0;
    size_t             n;
    const pl_token_t  *t = &p->tokens->tokens[at];

    n = pl_answer_phrase(p->tokens, at, date_words, PL_COUNT(date_words),
                         &value);

    if (value == DATE_NOT) {
        p->reason = "not";

    } else if (value == DATE_ZONE) {
        p->reason = "zone";

    } else if (value == DATE_VAGUE) {
        p->reason = p->reason == NULL ? "vague" : p->reason;

    } else if (n == 0 && t->kind == PL_TOKEN_WORD) {
        p->strange++;

    } else if (n == 0 && t->kind == PL_TOKEN_DIGITS) {
        p->reason = "unknown";
    }

    return n == 0 ? 1 : n;
}


/* What was asked for and is not there, or is there twice. */

static const char *
date_missing(const pl_pieces_t *p)
{
    pl_answer_e  kind = p->question->kind;

    if (p->reason != NULL) {
        return p->reason;
    }

    if (p->strange > DATE_STRANGE_MAX) {
        return "long";
    }

    if (p->n_days > 1 || p->n_weekdays > 1 || p->n_hours > 1
        || p->n_parts > 1)
    {
        return "two";
    }

    if (kind != PL_ANSWER_TIME && p->n_days + p->n_weekdays == 0) {
        return "no_date";
    }

    if (kind != PL_ANSWER_DATE && p->n_hours == 0) {
        return "no_time";
    }

    return NULL;
}


/* ---- the day -------------------------------------------------------- */

static const char *
date_day(pl_pieces_t *p, pl_when_t *when)
{
    const char  *reason;

    if (p->n_days == 0) {
        return date_weekday(p, when);
    }

    when->year = p->year;
    when->month = p->month;
    when->day = p->day;

    if (p->year == 0) {
        reason = date_year(p, when);

        if (reason != NULL) {
            return reason;
        }
    }

    if (when->year < DATE_YEAR_MIN || when->year > DATE_YEAR_MAX) {
        return "range";
    }

    if (!pl_answer_day_valid(when->year, when->month, when->day)) {
        return "no_day";
    }

    if (p->n_weekdays != 0 && date_iso_weekday(when) != p->weekday) {
        return "weekday";
    }

    return NULL;
}


/* A day of no year: this year's, or the next one's if that is over. */

static const char *
date_year(const pl_pieces_t *p, pl_when_t *when)
{
    const pl_when_t  *now = &p->question->now;

    if (p->question->past) {
        return "no_year";
    }

    when->year = now->year;

    if (when->month < now->month
        || (when->month == now->month && when->day < now->day))
    {
        when->year++;
    }

    return NULL;
}


/*
 * The next day of a name. Today's own name, and "next" for a day that is
 * still to come this week, may mean two days.
 */
static const char *
date_weekday(const pl_pieces_t *p, pl_when_t *when)
{
    int  today, ahead;

    today = date_iso_weekday(&p->question->now);
    ahead = (p->weekday - today + DATE_WEEK) % DATE_WEEK;

    if (p->question->past || (ahead == 0 && !p->next)
        || (ahead != 0 && p->next && p->weekday > today))
    {
        return "two";
    }

    ahead = ahead == 0 ? DATE_WEEK : ahead;
    pl_answer_day_from(pl_answer_day_number(&p->question->now) + ahead, when);

    return NULL;
}


/* 1970-01-01 was a Thursday. */

static int
date_iso_weekday(const pl_when_t *when)
{
    int64_t  days = pl_answer_day_number(when) + 3;

    return (int) ((days % DATE_WEEK + DATE_WEEK) % DATE_WEEK) + 1;
}


/* ---- the hour ------------------------------------------------------- */

static const char *
date_hour(const pl_pieces_t *p, int *hour)
{
    bool  twelve = p->tokens->first == PL_LANG_EN;

    *hour = p->hour;

    if (p->hour > 24 || p->minute > 59 || (p->hour == 24 && p->minute != 0)) {
        return "no_hour";
    }

    if (p->n_parts != 0) {
        return date_part(p, hour);
    }

    if (p->form == PL_HOUR_EXACT || p->hour > 12 || p->hour == 0) {
        return NULL;
    }

    if (p->form == PL_HOUR_CLOCK && !twelve) {
        return p->hour < 7 ? "half" : NULL;
    }

    if (p->hour == 7 || p->hour == 8) {
        return "half";
    }

    *hour = p->hour < 7 ? p->hour + 12 : p->hour;

    return NULL;
}


/* With a part of the day: "3 pm", "8 Uhr abends". */

static const char *
date_part(const pl_pieces_t *p, int *hour)
{
    if (p->hour > 12 || p->hour == 0) {
        return p->part == PL_PART_AM ? "no_hour" : NULL;
    }

    switch (p->part) {

    case PL_PART_AM:
        *hour = p->hour % 12;
        return NULL;

    case PL_PART_PM:
        *hour = p->hour % 12 + 12;
        return NULL;

    case PL_PART_MORNING:
        return p->hour == 12 ? "half" : NULL;

    case PL_PART_NOON:
        *hour = p->hour < 3 ? p->hour + 12 : p->hour;
        return *hour < 11 ? "half" : NULL;

    case PL_PART_AFTERNOON:
    case PL_PART_EVENING:
        *hour = p->hour % 12 + 12;
        return NULL;

    default:
        if (p->hour == 12) {
            return "half";
        }

        *hour = p->hour >= 8 ? p->hour + 12 : p->hour;
        return *hour > 4 && *hour < 20 ? "half" : NULL;
    }
}


/* 24:00 is the next day's beginning. */

static const char *
date_midnight(const pl_pieces_t *p, pl_when_t *when)
{
    if (when->hour != 24) {
        return NULL;
    }

    when->hour = 0;

    if (p->question->kind == PL_ANSWER_MOMENT) {
        pl_answer_day_from(pl_answer_day_number(when) + 1, when);
    }

    return NULL;
}


static bool
date_over(const pl_question_t *question, const pl_when_t *when)
{
    int64_t           days;
    const pl_when_t  *now = &question->now;

    if (question->past || question->kind == PL_ANSWER_TIME) {
        return false;
    }

    days = pl_answer_day_number(when) - pl_answer_day_number(now);

    if (days != 0 || question->kind == PL_ANSWER_DATE) {
        return days < 0;
    }

    return when->hour * 60 + when->minute < now->hour * 60 + now->minute;
}


static const char *
date_print(const pl_question_t *question, const pl_when_t *when,
    pl_arena_t *ar)
{
    switch (question->kind) {

    case PL_ANSWER_DATE:
        return pl_arena_printf(ar, "%04d-%02d-%02d", when->year, when->month,
                               when->day);

    case PL_ANSWER_TIME:
        return pl_arena_printf(ar, "%02d:%02d", when->hour, when->minute);

    default:
        return pl_arena_printf(ar, "%04d-%02d-%02dT%02d:%02d", when->year,
                               when->month, when->day, when->hour,
                               when->minute);
    }
}


/* ---- the calendar --------------------------------------------------- */

bool
pl_answer_day_valid(int year, int month, int day)
{
    static const int  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    bool  leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (month < 1 || month > 12 || day < 1) {
        return false;
    }

    return day <= days[month - 1] + (month == 2 && leap);
}


int64_t
pl_answer_day_number(const pl_when_t *when)
{
    return pl_clock_days(when->year, when->month, when->day);
}


/* Walks by years and months: it is called once or twice for an answer. */

void
pl_answer_day_from(int64_t days, pl_when_t *when)
{
    int  year = 1970 + (int) (days / 366);

    while (pl_clock_days(year + 1, 1, 1) <= days) {
        year++;
    }

    when->year = year;
    when->month = 12;

    while (pl_clock_days(year, when->month, 1) > days) {
        when->month--;
    }

    when->day = (int) (days - pl_clock_days(year, when->month, 1)) + 1;
}
