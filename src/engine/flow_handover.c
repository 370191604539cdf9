/*
 * What is for a person: words that ask for one, and topics, judged by what
 * is said of them (judge.h).
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

#define HANDOVER_PATIENCE   2
#define HANDOVER_WEIGHT     1000
#define HANDOVER_LIST_MAX   32          /* bytes of "de.negative" */

static void handover_topics(flow_check_t *check,
    const Pl__FlowTakeover *row);
static const Pl__FlowStep *handover_step(const pl_flow_t *flow,
    size_t topic);
static bool handover_topic(flow_check_t *check, const Pl__FlowTopic *row,
    pl_judge_topic_t *topic, const char *path);
static const pl_judge_topic_t *handover_list(const char *name);


void
pl_flow_handover_compile(flow_check_t *check)
{
    pl_flow_t               *flow = check->flow;
    const Pl__FlowTakeover  *row = flow->file->handover;

    if (row == NULL) {
        return;
    }

    pl_flow_phrases(check, "handover.words", row->words, row->n_words,
                    &flow->handover);

    if (row->step != NULL) {
        (void) pl_flow_target(check, "handover.step", row->step);
    }

    if (row->misunderstood != NULL) {
        (void) pl_flow_target(check, "handover.misunderstood",
                              row->misunderstood);
    }

    if (row->n_topics != 0) {
        handover_topics(check, row);
    }
}


pl_status_t
pl_flow_handover(const pl_flow_t *flow, const pl_flow_facts_t *facts,
    pl_arena_t *ar, pl_flow_handover_t *out)
{
    int             word;
    size_t          i, n;
    pl_score_t     *scores;
    flow_phrase_t   said = pl_flow_said(facts);

    memset(out, 0, sizeof(*out));

    if (flow->file->handover == NULL || facts->text.len == 0) {
        return PL_NOTFOUND;
    }

    word = pl_flow_phrase_within(&flow->handover, &said);

    if (word >= 0) {
        out->step = pl_flow_step(flow, flow->file->handover->step);
        out->reason = "asked";
        out->evidence = flow->file->handover->words[word];
        out->score = PL_JUDGE_SCORE_MAX;
        out->threshold = PL_JUDGE_SCORE_MAX;
        return PL_OK;
    }

    if (flow->judge == NULL) {
        return PL_NOTFOUND;
    }

    if (pl_judge(flow->judge, facts->text, ar, &scores, &n) != PL_OK) {
        return PL_NOMEM;
    }

    for (i = 0; i < n; i++) {
        if (scores[i].score >= scores[i].threshold) {
            out->reason = scores[i].name;
            out->evidence = scores[i].evidence;
            out->score = scores[i].score;
            out->threshold = scores[i].threshold;
            out->step = handover_step(flow, i);
            return PL_OK;
        }
    }

    return PL_NOTFOUND;
}


const Pl__FlowStep *
pl_flow_handover_lost(const pl_flow_t *flow)
{
    const Pl__FlowTakeover  *row = flow->file->handover;

    if (row == NULL) {
        return NULL;
    }

    return pl_flow_step(flow, row->misunderstood != NULL
                              ? row->misunderstood : row->step);
}


uint32_t
pl_flow_patience(const pl_flow_t *flow)
{
    const Pl__FlowTakeover  *row = flow->file->handover;

    return row != NULL && row->has_misunderstandings
           ? row->misunderstandings : HANDOVER_PATIENCE;
}


static void
handover_topics(flow_check_t *check, const Pl__FlowTakeover *row)
{
    char               path[PL_ERR_PATH_MAX];
    bool               good = true;
    size_t             i;
    pl_err_t           err;
    pl_judge_t        *judge;
    pl_status_t        rc;
    pl_judge_topic_t  *topics;

    topics = pl_flow_room(check, row->n_topics, sizeof(*topics));
    if (topics == NULL) {
        return;
    }

    for (i = 0; i < row->n_topics; i++) {
        good &= handover_topic(check, row->topics[i], &topics[i],
                               pl_flow_path(path, "handover.topics", "[%zu]",
                                            i));
    }

    if (!good) {
        return;
    }

    rc = pl_judge_words(check->flow->ar, topics, row->n_topics, NULL, &judge,
                        &err);

    if (rc == PL_NOMEM) {
        check->nomem = true;

    } else if (rc != PL_OK) {
        pl_flow_mistake(check, FLOW_ERROR, "handover.topics", 0, "%s: %s",
                        err.path, err.text);

    } else {
        check->flow->judge = judge;
    }
}


/* Scores come in the order of the topics. */

static const Pl__FlowStep *
handover_step(const pl_flow_t *flow, size_t topic)
{
    const Pl__FlowTakeover  *row = flow->file->handover;

    return pl_flow_step(flow, row->topics[topic]->step != NULL
                              ? row->topics[topic]->step : row->step);
}


/* The rows of the list that it names, and its own. */

static bool
handover_topic(flow_check_t *check, const Pl__FlowTopic *row,
    pl_judge_topic_t *topic, const char *path)
{
    char                     at[PL_ERR_PATH_MAX];
    size_t                   i, n;
    pl_judge_row_t          *rows;
    const pl_judge_topic_t  *list = NULL;

    if (row->step != NULL) {
        (void) pl_flow_target(check, pl_flow_path(at, path, ".step"),
                              row->step);
    }

    if (row->list != NULL) {
        list = handover_list(row->list);

        if (list == NULL) {
            pl_flow_mistake(check, FLOW_ERROR,
                            pl_flow_path(at, path, ".list"), 0,
                            "no such list: LANGUAGE.TOPIC, as de.negative");
            return false;
        }
    }

    n = list == NULL ? 0 : list->n_rows;

    if (n + row->n_words == 0) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "a topic needs words, or a list");
        return false;
    }

    rows = pl_flow_room(check, n + row->n_words, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }

    if (n != 0) {
        memcpy(rows, list->rows, n * sizeof(*rows));
    }

    for (i = 0; i < row->n_words; i++) {
        rows[n + i].words = row->words[i]->word;
        rows[n + i].weight = row->words[i]->has_weight
                             ? (int32_t) row->words[i]->weight
                             : HANDOVER_WEIGHT;
    }

    topic->name = row->name;
    topic->threshold = (int32_t) row->threshold;
    topic->turns = list != NULL && list->turns;
    topic->rows = rows;
    topic->n_rows = n + row->n_words;

    return true;
}


/* "de.negative" */

static const pl_judge_topic_t *
handover_list(const char *name)
{
    char                     language[HANDOVER_LIST_MAX];
    size_t                   i, n, len;
    const char              *dot;
    const pl_judge_topic_t  *topics;

    dot = strchr(name, '.');
    len = dot == NULL ? 0 : (size_t) (dot - name);

    if (len == 0 || len >= sizeof(language)) {
        return NULL;
    }

    memcpy(language, name, len);
    language[len] = '\0';
    topics = pl_judge_default(language, &n);

    for (i = 0; topics != NULL && i < n; i++) {
        if (strcmp(topics[i].name, dot + 1) == 0) {
            return &topics[i];
        }
    }

    return NULL;
}
