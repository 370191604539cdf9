/*
 * See number.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/clock.h"
#include "../core/str.h"
#include "../engine/phone.h"
#include "number.h"

#define NUMBER_WARNINGS_MAX  4
#define NUMBER_DIGITS        "0123456789"
#define NUMBER_DAY_LEN       10         /* "2022-11-24" */

/* The face's words are the schema's, value for value. */
#define SAME(a, b)                                                            \
    _Static_assert((int) PL_NUMBERING_##a                                     \
                   == (int) PL__API__NUMBER_KIND__NUMBER_KIND_##b, #a)

SAME(UNKNOWN, UNKNOWN);
SAME(FIXED_LINE, FIXED_LINE);
SAME(MOBILE, MOBILE);
SAME(FIXED_LINE_OR_MOBILE, FIXED_LINE_OR_MOBILE);
SAME(TOLL_FREE, TOLL_FREE);
SAME(PREMIUM_RATE, PREMIUM_RATE);
SAME(SHARED_COST, SHARED_COST);
SAME(VOIP, VOIP);
SAME(PERSONAL, PERSONAL);
SAME(PAGER, PAGER);
SAME(UNIVERSAL, UNIVERSAL);
SAME(VOICEMAIL, VOICEMAIL);

/* A doubt, and what is said of it. */
typedef struct {
    Pl__Api__NumberDoubt  doubt;
    const char           *text;
} number_row_t;

typedef struct {
    const pl_numbering_t   *numbering;
    pl_arena_t             *ar;
    const char             *code;       /* or NULL */
    bool                    bare;       /* said without "+", "00" and 0 */
    bool                    full;       /* the arena is */
    Pl__Api__NumberAnswer  *answer;
} number_t;

static pl_status_t number_read(number_t *n, const char *text,
    pl_err_t *err);
static void number_explain(number_t *n);
static void number_facts(number_t *n, const pl_numbering_facts_t *facts);
static void number_length(number_t *n, const pl_numbering_facts_t *facts);
static bool number_ours(const number_t *n);
static void number_national(number_t *n);
static void number_source(number_t *n);
static void number_doubt(number_t *n, Pl__Api__NumberDoubt doubt,
    const char *text);
static char *number_say(number_t *n, const char *text);

#define DOUBT(name)  PL__API__NUMBER_DOUBT__NUMBER_DOUBT_##name

static const number_row_t  number_rows[] = {
    [PL_NUMBERING_NO_COUNTRY] = { DOUBT(CALLING_CODE),
        "no country has a calling code that it begins with" },
    [PL_NUMBERING_TOO_SHORT] = { DOUBT(TOO_SHORT),
        "it is shorter than its country's numbers" },
    [PL_NUMBERING_TOO_LONG] = { DOUBT(TOO_LONG),
        "it is longer than its country's numbers" },
    [PL_NUMBERING_ODD_LENGTH] = { DOUBT(ODD_LENGTH),
        "its country has shorter numbers and longer ones, and none of this "
        "length" },
    [PL_NUMBERING_LOCAL] = { DOUBT(LOCAL),
        "it is dialled within a town alone: the area code is missing" },
};


pl_status_t
pl_number_answer(const pl_numbering_t *numbering, pl_arena_t *ar,
    const char *text, const char *code, Pl__Api__NumberAnswer *answer,
    pl_err_t *err)
{
    number_t     n = { numbering, ar, code, false, false, answer };
    pl_status_t  rc;

    pl__api__number_answer__init(answer);

    answer->warnings = pl_arena_alloc(ar, NUMBER_WARNINGS_MAX
                                          * sizeof(*answer->warnings));
    n.full = answer->warnings == NULL;

    if (!n.full) {
        rc = number_read(&n, text, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (!n.full && answer->e164 != NULL && numbering != NULL) {
        number_explain(&n);
    }

    return n.full ? pl_err_set(err, PL_NOMEM, "number", 0, "out of memory")
                  : PL_OK;
}


/* What Parley makes of it by itself. */

static pl_status_t
number_read(number_t *n, const char *text, pl_err_t *err)
{
    char  form[PL_PHONE_MAX + 1];

    if (n->code != NULL && !pl_phone_code_valid(pl_str_c(n->code))) {
        (void) pl_err_set(err, PL_INVALID, "number", 0,
                          "it is no calling code: one to three digits, of "
                          "which the first is not 0");
        pl_err_path(err, "calling_code");
        return PL_INVALID;
    }

    if (!pl_phone_normal(text, n->code, form)) {
        (void) pl_err_set(err, PL_INVALID, "number", 0,
                          "it is no telephone number: up to %d digits, with "
                          "spaces and -()./ between", PL_PHONE_MAX);
        pl_err_path(err, "number");
        return PL_INVALID;
    }

    n->bare = text[0] != '+' && *strpbrk(text, NUMBER_DIGITS) != '0';
    n->answer->number = number_say(n, form);

    if (form[0] == '0') {
        number_doubt(n, DOUBT(COUNTRY_MISSING),
                     "it begins with 0, and whose 0 that is, is not known: "
                     "say the calling code");

    } else if (strlen(form) > PL_PHONE_E164_MAX) {
        number_doubt(n, DOUBT(LENGTH),
                     "it has more digits than telephone numbers have");

    } else {
        n->answer->e164 = pl_arena_printf(n->ar, "+%s", form);
        n->full = n->full || n->answer->e164 == NULL;
    }

    return PL_OK;
}


static void
number_explain(number_t *n)
{
    pl_numbering_facts_t  facts;

    if (pl_numbering_explain(n->numbering, n->answer->number, &facts, NULL)
        != PL_OK)
    {
        number_doubt(n, DOUBT(FAILED),
                     "the library that would explain it failed");
        return;
    }

    n->answer->explained = 1;
    number_facts(n, &facts);
    number_length(n, &facts);

    if (n->bare && n->code != NULL && !(facts.valid && number_ours(n))) {
        number_national(n);
    }

    number_source(n);
}


static void
number_facts(number_t *n, const pl_numbering_facts_t *facts)
{
    Pl__Api__NumberAnswer  *to = n->answer;

    to->has_kind = to->has_possible = to->has_valid = 1;
    to->kind = (Pl__Api__NumberKind) facts->kind;
    to->possible = facts->length == PL_NUMBERING_POSSIBLE;
    to->valid = facts->valid;

    if (facts->code != 0) {
        to->calling_code = pl_arena_printf(n->ar, "%u", facts->code);
        n->full = n->full || to->calling_code == NULL;
    }

    to->country = number_say(n, facts->country);
    to->national = number_say(n, facts->national);
    to->international = number_say(n, facts->international);
}


static void
number_length(number_t *n, const pl_numbering_facts_t *facts)
{
    if (facts->length != PL_NUMBERING_POSSIBLE) {
        number_doubt(n, number_rows[facts->length].doubt,
                     number_rows[facts->length].text);

    } else if (!facts->valid) {
        number_doubt(n, DOUBT(NOT_IN_USE),
                     "its length is right, and no range that is known to be "
                     "in use has it");
    }
}


/* Does it begin with the calling code that was given? */

static bool
number_ours(const number_t *n)
{
    const char  *code = n->answer->calling_code;

    return code == NULL || strcmp(code, n->code) == 0;
}


/*
 * Where a country's numbers are dialled without a 0, one that was said
 * without its calling code was taken for another country's.
 */

static void
number_national(number_t *n)
{
    char                  digits[PL_PHONE_CODE_MAX + PL_PHONE_MAX + 1];
    pl_numbering_facts_t  facts;

    (void) snprintf(digits, sizeof(digits), "%s%s", n->code,
                    n->answer->number);

    if (pl_numbering_explain(n->numbering, digits, &facts, NULL) == PL_OK
        && facts.valid)
    {
        number_doubt(n, DOUBT(NATIONAL),
                     pl_arena_printf(n->ar, "with its calling code it would "
                                     "be a number that is in use: %s",
                                     facts.international));
    }
}


static void
number_source(number_t *n)
{
    char                         day[PL_CLOCK_TEXT_MAX];
    Pl__Api__NumberSource       *source;
    const pl_numbering_about_t  *about;

    about = pl_numbering_about(n->numbering);

    source = pl_arena_alloc(n->ar, sizeof(*source));
    if (source == NULL) {
        n->full = true;
        return;
    }

    pl__api__number_source__init(source);
    source->name = (char *) about->name;
    n->answer->source = source;

    source->version = number_say(n, about->version);

    if (about->not_after_s != 0) {
        (void) pl_clock_print(about->not_after_s * 1000, day);
        day[NUMBER_DAY_LEN] = '\0';
        source->not_after = number_say(n, day);
    }

    number_doubt(n, DOUBT(OLD_DATA),
                 source->not_after == NULL
                 ? "what is known of numbers may be out of date"
                 : pl_arena_printf(n->ar, "what is known of numbers is of "
                                   "%s or older, and may be out of date",
                                   source->not_after));
}


/* One of each list at most: of its length, of home, of age. */

static void
number_doubt(number_t *n, Pl__Api__NumberDoubt doubt, const char *text)
{
    Pl__Api__NumberWarning  *warning;

    warning = pl_arena_alloc(n->ar, sizeof(*warning));

    if (warning == NULL || text == NULL
        || n->answer->n_warnings == NUMBER_WARNINGS_MAX)
    {
        n->full = true;
        return;
    }

    pl__api__number_warning__init(warning);
    warning->doubt = doubt;
    warning->text = (char *) text;
    n->answer->warnings[n->answer->n_warnings++] = warning;
}


/* NULL for what is not known. */

static char *
number_say(number_t *n, const char *text)
{
    char  *copy;

    if (text[0] == '\0') {
        return NULL;
    }

    copy = pl_arena_str(n->ar, pl_str_c(text));
    n->full = n->full || copy == NULL;

    return copy;
}
