/*
 * Answers by type: the kinds, what may be asked, and the door behind which
 * each kind has a file of its own. A free text is read here.
 */

#include <string.h>

#include "../core/str.h"
#include "answer.h"
#include "answer_impl.h"

static bool answer_tapped(const pl_question_t *question, const char *id,
    pl_reading_t *out);
static bool answer_among(const char *id, const char *const *ids, size_t n);
static pl_status_t answer_titled(const pl_question_t *question,
    const pl_tokens_t *tokens, pl_arena_t *ar, pl_reading_t *out);
static void answer_bucket_is(const pl_question_t *question, size_t i,
    pl_reading_t *out);
static pl_status_t answer_text(const pl_question_t *question,
    pl_str_t text, pl_arena_t *ar, pl_reading_t *out);
static size_t answer_space(pl_str_t text, size_t at);
static pl_status_t answer_check_buckets(const pl_question_t *question,
    pl_err_t *err);
static pl_status_t answer_check_choices(const pl_question_t *question,
    pl_err_t *err);

static const char *const  answer_kinds[] = {
    [PL_ANSWER_TEXT] = "text",
    [PL_ANSWER_YES] = "yes",
    [PL_ANSWER_NUMBER] = "number",
    [PL_ANSWER_BUCKET] = "bucket",
    [PL_ANSWER_CHOICE] = "choice",
    [PL_ANSWER_DATE] = "date",
    [PL_ANSWER_TIME] = "time",
    [PL_ANSWER_MOMENT] = "moment",
    [PL_ANSWER_EMAIL] = "email",
    [PL_ANSWER_PHONE] = "phone",
};

static const char *const  answer_pers[] = {
    [PL_PER_NONE] = "none",
    [PL_PER_DAY] = "day",
    [PL_PER_WEEK] = "week",
    [PL_PER_MONTH] = "month",
    [PL_PER_YEAR] = "year",
};


pl_status_t
pl_answer_read(const pl_question_t *question, const pl_said_t *said,
    pl_arena_t *ar, pl_reading_t *out)
{
    bool          cut;
    pl_status_t   rc;
    pl_tokens_t  *tokens;

    memset(out, 0, sizeof(*out));
    out->reason = "unknown";

    if (question->kind == PL_ANSWER_TEXT) {
        return answer_text(question, said->text, ar, out);
    }

    if (answer_tapped(question, said->tapped, out)) {
        return PL_OK;
    }

    if (said->text.len > PL_ANSWER_MAX) {
        out->reason = "long";
        return PL_OK;
    }

    rc = pl_answer_tokens(said->language, said->text, ar, &tokens, &cut);
    if (rc != PL_OK) {
        return rc;
    }

    if (cut) {
        out->reason = "long";
        return PL_OK;
    }

    switch (question->kind) {

    case PL_ANSWER_YES:
        return pl_answer_yes(question, tokens, ar, out);

    case PL_ANSWER_BUCKET:
        rc = answer_titled(question, tokens, ar, out);
        return rc != PL_OK || out->meant == PL_ANSWER_READ
               ? rc : pl_answer_number(question, tokens, ar, out);

    case PL_ANSWER_NUMBER:
        return pl_answer_number(question, tokens, ar, out);

    case PL_ANSWER_CHOICE:
        return pl_answer_choice(question, said, tokens, ar, out);

    case PL_ANSWER_EMAIL:
    case PL_ANSWER_PHONE:
        return pl_answer_address(question, tokens, said->text, ar, out);

    default:
        return pl_answer_date(question, tokens, ar, out);
    }
}


/*
 * A tapped id that the question has: a bucket's name, "yes" and "no". (A
 * choice's, and a question's own words for yes and no, are read with the
 * text.)
 */
static bool
answer_tapped(const pl_question_t *question, const char *id,
    pl_reading_t *out)
{
    size_t  i;

    if (id == NULL) {
        return false;
    }

    if (question->kind == PL_ANSWER_YES) {
        out->value = answer_among(id, question->yes, question->n_yes)
                     || strcmp(id, "yes") == 0 ? "yes"
                     : answer_among(id, question->no, question->n_no)
                       || strcmp(id, "no") == 0 ? "no" : NULL;
    }

    for (i = 0; question->kind == PL_ANSWER_BUCKET
                && i < question->n_buckets; i++)
    {
        if (strcmp(id, question->buckets[i].name) == 0) {
            answer_bucket_is(question, i, out);
        }
    }

    if (out->value == NULL) {
        return false;
    }

    out->meant = PL_ANSWER_READ;
    return true;
}


static bool
answer_among(const char *id, const char *const *ids, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strcmp(id, ids[i]) == 0) {
            return true;
        }
    }

    return false;
}


/* The text is a bucket's name, as a button's title is. */

static pl_status_t
answer_titled(const pl_question_t *question, const pl_tokens_t *tokens,
    pl_arena_t *ar, pl_reading_t *out)
{
    size_t              i, j;
    pl_status_t         rc;
    pl_tokens_t        *name;
    const pl_token_t   *a, *b;

    for (i = 0; i < question->n_buckets; i++) {
        name = question->own == NULL ? NULL : question->own[i];
        rc = name != NULL ? PL_OK
             : pl_answer_tokens(NULL, pl_str_c(question->buckets[i].name),
                                ar, &name, NULL);
        if (rc != PL_OK) {
            return rc;
        }

        for (j = 0; j < name->n && j < tokens->n; j++) {
            a = &name->tokens[j];
            b = &tokens->tokens[j];

            if (a->kind != b->kind
                || (a->kind == PL_TOKEN_SIGN ? a->sign != b->sign
                                             : !pl_str_eq(a->text, b->text)))
            {
                break;
            }
        }

        if (name->n == tokens->n && j == name->n && j > 0) {
            answer_bucket_is(question, i, out);
            out->meant = PL_ANSWER_READ;
            out->from = tokens->tokens[0].from;
            out->to = tokens->tokens[tokens->n - 1].to;
            return PL_OK;
        }
    }

    return PL_OK;
}


static void
answer_bucket_is(const pl_question_t *question, size_t i, pl_reading_t *out)
{
    pl_number_t        *n = &out->number;
    const pl_bucket_t  *b = &question->buckets[i];

    out->index = i;
    out->value = b->name;
    n->low_open = !b->has_from;
    n->high_open = !b->has_below;
    n->low = b->has_from ? b->from : b->below;
    n->high = b->has_below ? b->below : b->from;
    n->below = b->has_below;
    n->least = n->low;
    n->most = n->high;
}


void
pl_answer_tell(pl_reading_t *out, pl_meant_e meant, const char *reason)
{
    out->meant = meant;
    out->reason = reason;
}


bool
pl_answer_kind(pl_str_t name, pl_answer_e *kind)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(answer_kinds); i++) {
        if (pl_str_eq(name, pl_str_c(answer_kinds[i]))) {
            *kind = (pl_answer_e) i;
            return true;
        }
    }

    return false;
}


const char *
pl_answer_kind_name(pl_answer_e kind)
{
    return (size_t) kind < PL_COUNT(answer_kinds) ? answer_kinds[kind] : "";
}


bool
pl_answer_per(pl_str_t name, pl_per_e *per)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(answer_pers); i++) {
        if (pl_str_eq(name, pl_str_c(answer_pers[i]))) {
            *per = (pl_per_e) i;
            return true;
        }
    }

    return false;
}


pl_status_t
pl_answer_check(const pl_question_t *question, pl_err_t *err)
{
    pl_status_t  rc;

    if (question->has_min && question->has_max
        && question->min > question->max)
    {
        rc = pl_err_set(err, PL_INVALID, "check question", 0,
                        "the smallest number is above the largest");
        pl_err_path(err, "min");
        return rc;
    }

    if (question->most != 0 && question->least > question->most) {
        rc = pl_err_set(err, PL_INVALID, "check question", 0,
                        "the shortest text is longer than the longest");
        pl_err_path(err, "least");
        return rc;
    }

    switch (question->kind) {

    case PL_ANSWER_BUCKET:
        return answer_check_buckets(question, err);

    case PL_ANSWER_CHOICE:
        return answer_check_choices(question, err);

    default:
        return PL_OK;
    }
}


pl_status_t
pl_answer_prepare(pl_question_t *question, pl_arena_t *ar)
{
    size_t                 i, n;
    const char            *text;
    pl_status_t            rc = PL_OK;
    struct pl_tokens_s   **own;

    n = question->kind == PL_ANSWER_BUCKET ? question->n_buckets
        : question->kind == PL_ANSWER_YES ? question->n_yes + question->n_no
        : 0;

    own = pl_arena_zalloc(ar, n * sizeof(*own));
    if (own == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        text = question->kind == PL_ANSWER_BUCKET ? question->buckets[i].name
               : i < question->n_yes ? question->yes[i]
                                     : question->no[i - question->n_yes];

        rc = pl_answer_tokens(NULL, pl_str_c(text), ar, &own[i], NULL);
    }

    question->own = n == 0 ? NULL : own;

    return rc;
}


/* Each bucket ends before the next begins; only the ends may be open. */

static pl_status_t
answer_check_buckets(const pl_question_t *question, pl_err_t *err)
{
    size_t              i, n = question->n_buckets;
    const char         *wrong = NULL;
    pl_status_t         rc = PL_INVALID;
    const pl_bucket_t  *b = question->buckets;

    if (n == 0 || n > PL_ANSWER_BUCKETS_MAX) {
        rc = pl_err_set(err, n == 0 ? PL_INVALID : PL_TOOBIG,
                        "check question", 0, "%zu buckets, 1 to %d are"
                        " allowed", n, PL_ANSWER_BUCKETS_MAX);
        pl_err_path(err, "buckets");
        return rc;
    }

    for (i = 0; i < n; i++) {

        if (b[i].name == NULL || b[i].name[0] == '\0') {
            wrong = "a bucket has no name";

        } else if ((!b[i].has_from && i > 0)
                   || (!b[i].has_below && i + 1 < n))
        {
            wrong = "a bucket in the middle has an open end";

        } else if (b[i].has_from && b[i].has_below
                   && b[i].from >= b[i].below)
        {
            wrong = "a bucket ends before it begins";

        } else if (i > 0 && b[i].from < b[i - 1].below) {
            wrong = "a bucket begins before the last one ends";
        }

        if (wrong != NULL) {
            rc = pl_err_set(err, rc, "check question", 0, "%s", wrong);
            pl_err_path(err, "buckets[%zu]", i);
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
answer_check_choices(const pl_question_t *question, pl_err_t *err)
{
    size_t              i, j, n = question->n_choices;
    const char         *wrong = NULL;
    pl_status_t         rc = PL_INVALID;
    const pl_choice_t  *c = question->choices;

    if (n == 0 || n > PL_ANSWER_CHOICES_MAX) {
        rc = pl_err_set(err, n == 0 ? PL_INVALID : PL_TOOBIG,
                        "check question", 0, "%zu choices, 1 to %d are"
                        " allowed", n, PL_ANSWER_CHOICES_MAX);
        pl_err_path(err, "choices");
        return rc;
    }

    for (i = 0; i < n; i++) {

        if (c[i].id == NULL || c[i].id[0] == '\0') {
            wrong = "a choice has no id";

        } else if (c[i].n_words > PL_ANSWER_WORDS_MAX) {
            wrong = "a choice has too many words";
            rc = PL_TOOBIG;
        }

        for (j = 0; wrong == NULL && j < i; j++) {
            if (strcmp(c[i].id, c[j].id) == 0) {
                wrong = "two choices have the same id";
            }
        }

        if (wrong != NULL) {
            rc = pl_err_set(err, rc, "check question", 0, "%s", wrong);
            pl_err_path(err, "choices[%zu]", i);
            return rc;
        }
    }

    return PL_OK;
}


/* Trimmed; the bounds count characters. */

static pl_status_t
answer_text(const pl_question_t *question, pl_str_t text, pl_arena_t *ar,
    pl_reading_t *out)
{
    bool    good;
    size_t  i, n = 0, from = 0, to = text.len;

    while (from < to && answer_space(text, from) != 0) {
        from += answer_space(text, from);
    }

    for (i = from, to = from; i < text.len; ) {

        if (answer_space(text, i) != 0) {
            i += answer_space(text, i);
            continue;
        }

        i += pl_utf8_step(text.data + i, text.len - i, &good);
        to = i;
    }

    if (from == to) {
        out->reason = "empty";
        return PL_OK;
    }

    for (i = from; i < to; n++) {
        i += pl_utf8_step(text.data + i, to - i, &good);
    }

    if (n < question->least) {
        pl_answer_tell(out, PL_ANSWER_UNCLEAR, "short");
        return PL_OK;
    }

    if (to - from > PL_TEXT_MAX
        || (question->most != 0 && n > question->most))
    {
        pl_answer_tell(out, PL_ANSWER_UNCLEAR, "long");
        return PL_OK;
    }

    out->meant = PL_ANSWER_READ;
    out->from = from;
    out->to = to;
    out->value = pl_utf8_clean(ar, (pl_str_t) { text.data + from,
                                                to - from });

    return out->value == NULL ? PL_NOMEM : PL_OK;
}


/* Bytes of the white space at a byte, invisible characters included. */

static size_t
answer_space(pl_str_t text, size_t at)
{
    size_t          i, len;
    const char     *spaces[] = {
        "\xc2\xa0", "\xe2\x80\x8b", "\xe2\x80\xaf", "\xe2\x80\x89",
        "\xe3\x80\x80", "\xef\xbb\xbf", "\xe2\x81\xa0"
    };
    const uint8_t  *p = text.data + at;

    if (*p <= ' ') {
        return 1;
    }

    for (i = 0; i < PL_COUNT(spaces); i++) {
        len = strlen(spaces[i]);

        if (text.len - at >= len && memcmp(p, spaces[i], len) == 0) {
            return len;
        }
    }

    return 0;
}
