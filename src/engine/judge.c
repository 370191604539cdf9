/*
 * The judge of word lists: see judge.h for how a score comes about.
 *
 * Rows are found by the first byte of their first word; those that begin
 * with '*' are tried at every word. The judge is compiled once and immutable
 * then; what a text needs is in the caller's arena.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "answer_impl.h"
#include "judge.h"

#define JUDGE_HEADS         257         /* by first byte; the last is '*' */
#define JUDGE_ANY           256
#define JUDGE_NONE          UINT32_MAX
#define JUDGE_NEGATION      3           /* words before a row */
#define JUDGE_DEGREE        2
#define JUDGE_SHOUTS        3           /* exclamation marks */
#define JUDGE_CAPITALS      8           /* letters, and none of them small */
#define JUDGE_EMOJI         0x1f000
#define JUDGE_TURN          2           /* "nicht gut": a half of "gut" */

/* What a row is of, where it is of no topic. */
#define JUDGE_NOT           (PL_JUDGE_TOPICS_MAX + 0)
#define JUDGE_MORE          (PL_JUDGE_TOPICS_MAX + 1)
#define JUDGE_LESS          (PL_JUDGE_TOPICS_MAX + 2)
#define JUDGE_KINDS         (PL_JUDGE_TOPICS_MAX + 3)

typedef struct {
    pl_str_t        text;
    bool            lead;               /* any letters before, behind */
    bool            trail;
} judge_word_t;

typedef struct {
    const char     *name;               /* as it was written */
    judge_word_t   *words;
    size_t          n_words;
    uint32_t        topic;              /* or JUDGE_NOT, etc. */
    uint32_t        next;               /* of the same head */
    int32_t         weight;
} judge_row_t;

typedef struct {
    const char     *name;
    int32_t         threshold;
    bool            turns;
} judge_topic_t;

typedef struct {
    judge_topic_t   topics[PL_JUDGE_TOPICS_MAX];
    size_t          n_topics;
    judge_row_t    *rows;
    size_t          n_rows;
    uint32_t        heads[JUDGE_HEADS];
} judge_rows_t;

/* A word of a text. */
typedef struct {
    pl_str_t        text;
    uint32_t        part;               /* of a sentence, counted */
    bool            flags[JUDGE_KINDS - PL_JUDGE_TOPICS_MAX];
} judge_heard_t;

typedef struct {
    judge_heard_t  *words;
    size_t          n;
    bool            shouted;
    bool            capitals;
    bool           *said;               /* by row: it has counted */
    int32_t         score[PL_JUDGE_TOPICS_MAX];
    size_t          used[PL_JUDGE_TOPICS_MAX];  /* words of the text */
    char           *evidence[PL_JUDGE_TOPICS_MAX];
} judge_text_t;

static pl_status_t judge_topic(judge_rows_t *judge, pl_arena_t *ar,
    const pl_judge_topic_t *topic, pl_err_t *err);
static pl_status_t judge_list(judge_rows_t *judge, pl_arena_t *ar,
    const char *const *list, size_t n, uint32_t what, pl_err_t *err);
static pl_status_t judge_add(judge_rows_t *judge, pl_arena_t *ar,
    const char *words, uint32_t topic, int32_t weight, pl_err_t *err);
static pl_status_t judge_refuse(pl_err_t *err, pl_status_t rc,
    const char *list, size_t i, const char *text);
static pl_status_t judge_score(const pl_judge_t *judge, pl_str_t text,
    pl_arena_t *ar, pl_score_t **scores, size_t *n);
static bool judge_any(const judge_rows_t *judge, const judge_text_t *heard);
static pl_status_t judge_weigh(const judge_rows_t *judge,
    judge_text_t *heard, pl_arena_t *ar);
static pl_status_t judge_hear(pl_str_t text, pl_arena_t *ar,
    judge_text_t *heard);
static void judge_loudness(pl_str_t text, judge_text_t *heard);
static bool judge_is_word(const pl_token_t *t, pl_str_t text, pl_str_t *word);
static void judge_at(const judge_rows_t *judge, judge_text_t *heard,
    size_t at, bool topics);
static bool judge_longer(const judge_row_t *a, const judge_row_t *b);
static bool judge_row(const judge_row_t *row, const judge_text_t *heard,
    size_t at);
static bool judge_glob(const judge_word_t *word, pl_str_t text);
static void judge_count(const judge_rows_t *judge, judge_text_t *heard,
    uint32_t i, size_t at);
static bool judge_before(const judge_text_t *heard, size_t at, size_t far,
    uint32_t what);
static void judge_shout(const judge_rows_t *judge, judge_text_t *heard);
static void judge_note(char *evidence, const char *name, int32_t weight);


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
    (*judge)->score = judge_score;
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

        if (!judge_is_word(&ts->tokens[i], name, &text)) {
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


/* ---- a text --------------------------------------------------------- */

static pl_status_t
judge_score(const pl_judge_t *judge, pl_str_t text, pl_arena_t *ar,
    pl_score_t **scores, size_t *n)
{
    size_t               i;
    int32_t              score;
    pl_score_t          *out;
    pl_status_t          rc;
    judge_text_t         heard = { 0 };
    const judge_rows_t  *data = judge->data;

    *scores = NULL;
    *n = 0;

    out = pl_arena_zalloc(ar, data->n_topics * sizeof(*out));
    rc = out == NULL ? PL_NOMEM : judge_hear(text, ar, &heard);

    if (rc == PL_OK && judge_any(data, &heard)) {
        rc = judge_weigh(data, &heard, ar);
    }

    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < data->n_topics; i++) {
        score = heard.score[i] < 0 ? 0 : heard.score[i];
        out[i].name = data->topics[i].name;
        out[i].score = score > PL_JUDGE_SCORE_MAX ? PL_JUDGE_SCORE_MAX
                                                  : score;
        out[i].threshold = data->topics[i].threshold;
        out[i].evidence = heard.evidence[i] != NULL ? heard.evidence[i] : "";
    }

    *scores = out;
    *n = data->n_topics;

    return PL_OK;
}


/* Most texts have nothing that a row is about. */

static bool
judge_any(const judge_rows_t *judge, const judge_text_t *heard)
{
    size_t    h, at;
    uint32_t  i;

    for (at = 0; at < heard->n; at++) {
        for (h = 0; h < 2; h++) {
            i = judge->heads[h == 0 ? heard->words[at].text.data[0]
                                    : JUDGE_ANY];

            for (; i != JUDGE_NONE; i = judge->rows[i].next) {
                if (judge->rows[i].topic < PL_JUDGE_TOPICS_MAX
                    && judge_row(&judge->rows[i], heard, at))
                {
                    return true;
                }
            }
        }
    }

    return false;
}


static pl_status_t
judge_weigh(const judge_rows_t *judge, judge_text_t *heard, pl_arena_t *ar)
{
    size_t  i;

    heard->said = pl_arena_zalloc(ar, judge->n_rows * sizeof(*heard->said));
    if (heard->said == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < judge->n_topics; i++) {
        heard->evidence[i] = pl_arena_zalloc(ar, PL_JUDGE_EVIDENCE_MAX);
        if (heard->evidence[i] == NULL) {
            return PL_NOMEM;
        }
    }

    for (i = 0; i < heard->n; i++) {
        judge_at(judge, heard, i, false);       /* marks no word before it */
        judge_at(judge, heard, i, true);
    }

    judge_shout(judge, heard);

    return PL_OK;
}


/* The words of a text, and the part of a sentence that each is in. */

static pl_status_t
judge_hear(pl_str_t text, pl_arena_t *ar, judge_text_t *heard)
{
    size_t             i;
    uint32_t           part = 0;
    pl_str_t           word;
    pl_status_t        rc;
    pl_tokens_t       *ts;
    const pl_token_t  *t;

    rc = pl_answer_tokens_max(NULL, text, PL_JUDGE_WORDS_MAX, ar, &ts, NULL);
    if (rc != PL_OK) {
        return rc;
    }

    heard->words = pl_arena_zalloc(ar, ts->n * sizeof(*heard->words));
    if (heard->words == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < ts->n; i++) {
        t = &ts->tokens[i];

        if (judge_is_word(t, text, &word)) {
            heard->words[heard->n].text = word;
            heard->words[heard->n++].part = part;

        } else if (t->sign == '.' || t->sign == ',' || t->sign == ';'
                   || t->sign == '!' || t->sign == '?' || t->sign == ':'
                   || t->sign == '(' || t->sign == ')' || t->sign == 0x2026
                   || (t->sign == '-' && t->spaced))
        {
            part++;
        }
    }

    judge_loudness(text, heard);

    return PL_OK;
}


static bool
judge_is_word(const pl_token_t *t, pl_str_t text, pl_str_t *word)
{
    if (t->kind != PL_TOKEN_SIGN) {
        *word = t->text;
        return word->len > 0;
    }

    *word = (pl_str_t) { text.data + t->from, t->to - t->from };

    return t->sign >= JUDGE_EMOJI;
}


static void
judge_loudness(pl_str_t text, judge_text_t *heard)
{
    size_t  i, marks = 0, large = 0, small = 0;

    for (i = 0; i < text.len; i++) {
        marks += text.data[i] == '!';
        large += text.data[i] >= 'A' && text.data[i] <= 'Z';
        small += text.data[i] >= 'a' && text.data[i] <= 'z';
    }

    heard->shouted = marks >= JUDGE_SHOUTS;
    heard->capitals = large >= JUDGE_CAPITALS && small == 0;
}


/* What begins at a word: of each topic the longest row, or what changes it. */

static void
judge_at(const judge_rows_t *judge, judge_text_t *heard, size_t at,
    bool topics)
{
    size_t              h, k;
    uint32_t            i, best[PL_JUDGE_TOPICS_MAX];
    const judge_row_t  *row, *b;

    memset(best, 0xff, sizeof(best));

    for (h = 0; h < 2; h++) {
        i = judge->heads[h == 0 ? heard->words[at].text.data[0] : JUDGE_ANY];

        for (; i != JUDGE_NONE; i = row->next) {
            row = &judge->rows[i];

            if (topics != (row->topic < PL_JUDGE_TOPICS_MAX)
                || (topics && at < heard->used[row->topic])
                || !judge_row(row, heard, at))
            {
                continue;
            }

            if (!topics) {
                for (k = 0; k < row->n_words; k++) {
                    heard->words[at + k].flags[row->topic - JUDGE_NOT] = true;
                }
                continue;
            }

            b = best[row->topic] == JUDGE_NONE
                ? NULL : &judge->rows[best[row->topic]];

            if (b == NULL || judge_longer(row, b)) {
                best[row->topic] = i;
            }
        }
    }

    for (h = 0; topics && h < judge->n_topics; h++) {
        if (best[h] != JUDGE_NONE) {
            judge_count(judge, heard, best[h], at);
        }
    }
}


/* By words, then by letters; the heavier of two alike. */

static bool
judge_longer(const judge_row_t *a, const judge_row_t *b)
{
    size_t  i, n = 0, m = 0;

    if (a->n_words != b->n_words) {
        return a->n_words > b->n_words;
    }

    for (i = 0; i < a->n_words; i++) {
        n += a->words[i].text.len;
        m += b->words[i].text.len;
    }

    return n != m ? n > m : a->weight > b->weight;
}


static bool
judge_row(const judge_row_t *row, const judge_text_t *heard, size_t at)
{
    size_t  i;

    if (at + row->n_words > heard->n) {
        return false;
    }

    for (i = 0; i < row->n_words; i++) {
        if (heard->words[at + i].part != heard->words[at].part
            || !judge_glob(&row->words[i], heard->words[at + i].text))
        {
            return false;
        }
    }

    return true;
}


static bool
judge_glob(const judge_word_t *word, pl_str_t text)
{
    size_t  i, last;

    if (word->text.len > text.len) {
        return false;
    }

    last = text.len - word->text.len;

    if (!word->lead && !word->trail && last != 0) {
        return false;
    }

    for (i = word->lead && !word->trail ? last : 0;
         i <= (word->lead ? last : 0); i++)
    {
        if (memcmp(text.data + i, word->text.data, word->text.len) == 0) {
            return true;
        }
    }

    return false;
}


/* A row that stands at a word: what it weighs there. */

static void
judge_count(const judge_rows_t *judge, judge_text_t *heard, uint32_t i,
    size_t at)
{
    int32_t             weight;
    const judge_row_t  *row = &judge->rows[i];

    weight = row->weight;
    heard->used[row->topic] = at + row->n_words;

    if (judge->topics[row->topic].turns
        && judge_before(heard, at, JUDGE_NEGATION, JUDGE_NOT))
    {
        weight = weight < 0 ? -weight / JUDGE_TURN : 0;
    }

    if (judge_before(heard, at, JUDGE_DEGREE, JUDGE_MORE)) {
        weight = weight * 3 / 2;

    } else if (judge_before(heard, at, JUDGE_DEGREE, JUDGE_LESS)) {
        weight = weight * 3 / 5;
    }

    if (weight == 0 || heard->said[i]) {
        return;
    }

    heard->said[i] = true;
    heard->score[row->topic] += weight;
    judge_note(heard->evidence[row->topic], row->name, weight);
}


static bool
judge_before(const judge_text_t *heard, size_t at, size_t far, uint32_t what)
{
    size_t  i;

    for (i = at; i > 0 && at - i < far; i--) {

        if (heard->words[i - 1].part != heard->words[at].part) {
            return false;
        }

        if (heard->words[i - 1].flags[what - JUDGE_NOT]) {
            return true;
        }
    }

    return false;
}


static void
judge_shout(const judge_rows_t *judge, judge_text_t *heard)
{
    size_t  i;

    for (i = 0; i < judge->n_topics; i++) {

        if (!judge->topics[i].turns || heard->score[i] <= 0) {
            continue;
        }

        if (heard->shouted) {
            heard->score[i] += PL_JUDGE_SHOUT;
            judge_note(heard->evidence[i], "!!!", PL_JUDGE_SHOUT);
        }

        if (heard->capitals) {
            heard->score[i] += PL_JUDGE_SHOUT;
            judge_note(heard->evidence[i], "capitals", PL_JUDGE_SHOUT);
        }
    }
}


/* One more part of the evidence, or none of it if it does not fit. */

static void
judge_note(char *evidence, const char *name, int32_t weight)
{
    int     n;
    size_t  len = strlen(evidence), left = PL_JUDGE_EVIDENCE_MAX - len;

    n = snprintf(evidence + len, left, "%s%s %d", len > 0 ? ", " : "", name,
                 (int) weight);

    if (n < 0 || (size_t) n >= left) {
        evidence[len] = '\0';
    }
}
