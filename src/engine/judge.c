/*
 * The rows of the judge of word lists: see judge.h for how a score comes
 * about. They are made once and immutable then.
 *
 * Rows are found by the first byte of their first word; those that begin
 * with '*' are tried at every word.
 */

#include <string.h>

#include "../core/str.h"
#include "judge_impl.h"

static pl_status_t judge_topic(judge_rows_t *judge, pl_arena_t *ar,
    const pl_judge_topic_t *topic, pl_err_t *err);
static pl_status_t judge_list(judge_rows_t *judge, pl_arena_t *ar,
    const char *const *list, size_t n, uint32_t what, pl_err_t *err);
static pl_status_t judge_add(judge_rows_t *judge, pl_arena_t *ar,
    const char *words, uint32_t topic, int32_t weight, pl_err_t *err);
static pl_status_t judge_refuse(pl_err_t *err, pl_status_t rc,
    const char *list, size_t i, const char *text);


pl_status_t
pl_judge_words(pl_arena_t *ar, const pl_judge_topic_t *topics, size_t n,
    const pl_judge_grammar_t *grammar, pl_judge_t **judge, pl_err_t *err)
{
    size_t                     i, rows = 0;
    pl_status_t                rc;
    judge_rows_t              *data;
    const pl_judge_grammar_t  *g = grammar;

    g = g == NULL ? pl_judge_default_grammar() : g;

    for (i = 0; i < n; i++) {
        rows += topics[i].n_rows;
    }

    rows += g->n_negations + g->n_intensifiers + g->n_softeners;

    if (n > PL_JUDGE_TOPICS_MAX || rows > PL_JUDGE_ROWS_MAX) {
        return pl_err_set(err, PL_TOOBIG, "make judge", 0, "%zu topics with"
                          " %zu rows, %d and %d are allowed", n, rows,
                          PL_JUDGE_TOPICS_MAX, PL_JUDGE_ROWS_MAX);
    }

    *judge = pl_arena_zalloc(ar, sizeof(**judge));
    data = pl_arena_zalloc(ar, sizeof(*data));

    if (*judge == NULL || data == NULL
        || (data->rows = pl_arena_zalloc(ar, rows * sizeof(*data->rows)))
           == NULL)
    {
        return pl_err_set(err, PL_NOMEM, "make judge", 0, "arena is full");
    }

    memset(data->heads, 0xff, sizeof(data->heads));

    for (i = 0; i < n; i++) {
        rc = judge_topic(data, ar, &topics[i], err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = judge_list(data, ar, g->negations, g->n_negations, JUDGE_NOT, err);
    rc = rc != PL_OK ? rc : judge_list(data, ar, g->intensifiers,
                                       g->n_intensifiers, JUDGE_MORE, err);
    rc = rc != PL_OK ? rc : judge_list(data, ar, g->softeners,
                                       g->n_softeners, JUDGE_LESS, err);

    (*judge)->name = "words";
    (*judge)->score = pl_judge_score;
    (*judge)->data = data;

    return rc;
}


static pl_status_t
judge_topic(judge_rows_t *judge, pl_arena_t *ar,
    const pl_judge_topic_t *topic, pl_err_t *err)
{
    size_t                 i;
    judge_topic_t         *t = &judge->topics[judge->n_topics];
    pl_status_t            rc;
    const pl_judge_row_t  *row;

    if (!pl_name_valid(pl_str_c(topic->name))) {
        return judge_refuse(err, PL_INVALID, "topics", judge->n_topics,
                            "a topic has no name");
    }

    for (i = 0; i < judge->n_topics; i++) {
        if (strcmp(judge->topics[i].name, topic->name) == 0) {
            return judge_refuse(err, PL_INVALID, "topics", judge->n_topics,
                                "two topics have the same name");
        }
    }

    if (topic->threshold < 1 || topic->threshold > PL_JUDGE_SCORE_MAX) {
        return judge_refuse(err, PL_INVALID, "topics", judge->n_topics,
                            "a threshold is not between 1 and 1000");
    }

    t->name = pl_arena_str(ar, pl_str_c(topic->name));
    t->threshold = topic->threshold;
    t->turns = topic->turns;
    judge->n_topics++;

    if (t->name == NULL) {
        return pl_err_set(err, PL_NOMEM, "make judge", 0, "arena is full");
    }

    for (i = 0; i < topic->n_rows; i++) {
        row = &topic->rows[i];
        rc = row->weight == 0 || row->weight > PL_JUDGE_WEIGHT_MAX
             || row->weight < -PL_JUDGE_WEIGHT_MAX
             ? judge_refuse(err, PL_INVALID, topic->name, i,
                            "a weight is 0, or past 1000")
             : judge_add(judge, ar, row->words,
                         (uint32_t) judge->n_topics - 1, row->weight, err);

        if (rc != PL_OK) {
            pl_err_path(err, "%s[%zu]", t->name, i);
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
judge_list(judge_rows_t *judge, pl_arena_t *ar, const char *const *list,
    size_t n, uint32_t what, pl_err_t *err)
{
    size_t              i;
    pl_status_t         rc;
    static const char  *const names[] = {
        "negations", "intensifiers", "softeners"
    };

    for (i = 0; i < n; i++) {
        rc = judge_add(judge, ar, list[i], what, 1, err);

        if (rc != PL_OK) {
            pl_err_path(err, "%s[%zu]", names[what - JUDGE_NOT], i);
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
judge_refuse(pl_err_t *err, pl_status_t rc, const char *list, size_t i,
    const char *text)
{
    rc = pl_err_set(err, rc, "make judge", 0, "%s", text);
    pl_err_path(err, "%s[%zu]", list, i);

    return rc;
}


static pl_status_t
judge_add(judge_rows_t *judge, pl_arena_t *ar, const char *words,
    uint32_t topic, int32_t weight, pl_err_t *err)
{
    bool           lead = false;
    size_t         i, head;
    pl_str_t       text, name = pl_str_c(words);
    judge_row_t   *row = &judge->rows[judge->n_rows];
    pl_tokens_t   *ts;
    judge_word_t  *w;

    if (name.len > PL_JUDGE_ROW_BYTES_MAX) {
        return pl_err_set(err, PL_TOOBIG, "make judge", 0, "a row has %zu"
                          " bytes, %d are allowed", name.len,
                          PL_JUDGE_ROW_BYTES_MAX);
    }

    row->name = pl_arena_str(ar, name);

    if (row->name == NULL
        || pl_answer_tokens(NULL, (pl_str_t) { (const uint8_t *) row->name,
                                               name.len }, ar, &ts, NULL)
           != PL_OK
        || (row->words = pl_arena_zalloc(ar, (ts->n + 1)
                                             * sizeof(*row->words))) == NULL)
    {
        return pl_err_set(err, PL_NOMEM, "make judge", 0, "arena is full");
    }

    name.data = (const uint8_t *) row->name;

    for (i = 0; i < ts->n; i++) {

        if (!pl_judge_is_word(&ts->tokens[i], name, &text)) {
            lead = ts->tokens[i].sign == '*';
            continue;
        }

        w = &row->words[row->n_words++];
        w->text = text;
        w->lead = lead && !ts->tokens[i].spaced;
        w->trail = pl_answer_sign(ts, i + 1, '*')
                   && !ts->tokens[i + 1].spaced;
        lead = false;
    }

    if (row->n_words == 0 || row->n_words > PL_JUDGE_ROW_WORDS_MAX) {
        return pl_err_set(err, row->n_words == 0 ? PL_INVALID : PL_TOOBIG,
                          "make judge", 0, "a row has %zu words, 1 to %d are"
                          " allowed", row->n_words, PL_JUDGE_ROW_WORDS_MAX);
    }

    head = row->words[0].lead ? JUDGE_ANY : row->words[0].text.data[0];
    row->topic = topic;
    row->weight = weight;
    row->next = judge->heads[head];
    judge->heads[head] = (uint32_t) judge->n_rows++;

    return PL_OK;
}
