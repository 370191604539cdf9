/*
 * Answers by type: the kinds, what may be asked, and the door behind which
 * each kind has a file of its own. A free text is read here.
 */

#include <string.h>

#include "../core/str.h"
#include "answer.h"
#include "answer_impl.h"

static pl_status_t answer_text(const pl_question_t *question,
    pl_str_t text, pl_arena_t *ar, pl_reading_t *out);
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
    memset(out, 0, sizeof(*out));
    out->reason = "empty";

    if (question->kind == PL_ANSWER_TEXT) {
        return answer_text(question, said->text, ar, out);
    }

    out->reason = "unknown";
    return PL_OK;
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


int
pl_answer_bucket(const pl_bucket_t *buckets, size_t n,
    const pl_number_t *number)
{
    (void) buckets;
    (void) n;
    (void) number;

    return -1;
}


static pl_status_t
answer_text(const pl_question_t *question, pl_str_t text, pl_arena_t *ar,
    pl_reading_t *out)
{
    (void) question;

    if (text.len == 0) {
        return PL_OK;
    }

    out->meant = PL_ANSWER_READ;
    out->to = text.len;
    out->value = pl_utf8_clean(ar, text);

    return out->value == NULL ? PL_NOMEM : PL_OK;
}
