/*
 * A text, held against the rows of the judge of word lists. What it needs is
 * in the caller's arena.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "judge_impl.h"

#define SCORE_NEGATION      3           /* words before a row */
#define SCORE_DEGREE        2
#define SCORE_SHOUTS        3           /* exclamation marks */
#define SCORE_CAPITALS      8           /* letters, and none of them small */
#define SCORE_EMOJI         0x1f000
#define SCORE_TURN          2           /* "nicht gut": a half of "gut" */
#define SCORE_SHORT         128         /* bytes that are looked over first */

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

static pl_status_t score_loud(const judge_rows_t *judge, pl_str_t text,
    pl_arena_t *ar, pl_score_t *out);
static bool score_quiet(const judge_rows_t *judge, pl_str_t text);
static bool score_any(const judge_rows_t *judge, const judge_text_t *heard);
static pl_status_t score_weigh(const judge_rows_t *judge,
    judge_text_t *heard, pl_arena_t *ar);
static pl_status_t score_hear(pl_str_t text, pl_arena_t *ar,
    judge_text_t *heard);
static void score_loudness(pl_str_t text, judge_text_t *heard);
static void score_at(const judge_rows_t *judge, judge_text_t *heard,
    size_t at, bool topics);
static bool score_longer(const judge_row_t *a, const judge_row_t *b);
static bool score_row(const judge_row_t *row, const judge_text_t *heard,
    size_t at);
static bool score_glob(const judge_word_t *word, pl_str_t text);
static void score_count(const judge_rows_t *judge, judge_text_t *heard,
    uint32_t i, size_t at);
static bool score_before(const judge_text_t *heard, size_t at, size_t far,
    uint32_t what);
static void score_shout(const judge_rows_t *judge, judge_text_t *heard);
static void score_note(char *evidence, const char *name, int32_t weight);


pl_status_t
pl_judge_score(const pl_judge_t *judge, pl_str_t text, pl_arena_t *ar,
    pl_score_t **scores, size_t *n)
{
    size_t               i;
    pl_score_t          *out;
    pl_status_t          rc = PL_OK;
    const judge_rows_t  *data = judge->data;

    *scores = NULL;
    *n = 0;

    out = pl_arena_zalloc(ar, data->n_topics * sizeof(*out));
    if (out == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < data->n_topics; i++) {
        out[i].name = data->topics[i].name;
        out[i].threshold = data->topics[i].threshold;
        out[i].evidence = "";
    }

    if (!score_quiet(data, text)) {
        rc = score_loud(data, text, ar, out);
    }

    if (rc == PL_OK) {
        *scores = out;
        *n = data->n_topics;
    }

    return rc;
}


static pl_status_t
score_loud(const judge_rows_t *judge, pl_str_t text, pl_arena_t *ar,
    pl_score_t *out)
{
    size_t         i;
    int32_t        score;
    pl_status_t    rc;
    judge_text_t   heard = { 0 };

    rc = score_hear(text, ar, &heard);

    if (rc != PL_OK || !score_any(judge, &heard)) {
        return rc;
    }

    rc = score_weigh(judge, &heard, ar);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < judge->n_topics; i++) {
        score = heard.score[i] < 0 ? 0 : heard.score[i];
        out[i].score = score > PL_JUDGE_SCORE_MAX ? PL_JUDGE_SCORE_MAX
                                                  : score;
        out[i].evidence = heard.evidence[i];
    }

    return PL_OK;
}


/*
 * Is it short, of ASCII, and has nothing that a row is about? Then it needs
 * no tokens. Its words are those that the tokens would be; but parts of a
 * sentence are not told apart, so that a few are not called quiet which are.
 */

static bool
score_quiet(const judge_rows_t *judge, pl_str_t text)
{
    bool            digit;
    size_t          i;
    uint8_t         c, low[SCORE_SHORT];
    judge_text_t    heard;
    judge_heard_t   words[SCORE_SHORT], *word;

    if (text.len > SCORE_SHORT) {
        return false;
    }

    heard.words = words;
    heard.n = 0;

    for (i = 0, word = NULL, digit = false; i < text.len; i++) {
        c = text.data[i];
        low[i] = c | 0x20;              /* of letters; digits have it too */

        if ((c < ' ' || c >= 0x7f) && (c < '\t' || c > '\r')) {
            return false;               /* it may be within a word */
        }

        if ((c < '0' || c > '9') && (low[i] < 'a' || low[i] > 'z')) {
            word = NULL;
            continue;
        }

        if (word == NULL || digit != (c <= '9')) {
            digit = c <= '9';
            word = &words[heard.n++];
            word->text = (pl_str_t) { low + i, 0 };
            word->part = 0;
        }

        word->text.len++;
    }

    return !score_any(judge, &heard);
}


/* Most texts have nothing that a row is about. */

static bool
score_any(const judge_rows_t *judge, const judge_text_t *heard)
{
    size_t    h, at;
    uint32_t  i;

    for (at = 0; at < heard->n; at++) {
        for (h = 0; h < 2; h++) {
            i = judge->heads[h == 0 ? heard->words[at].text.data[0]
                                    : JUDGE_ANY];

            for (; i != JUDGE_NONE; i = judge->rows[i].next) {
                if (judge->rows[i].topic < PL_JUDGE_TOPICS_MAX
                    && score_row(&judge->rows[i], heard, at))
                {
                    return true;
                }
            }
        }
    }

    return false;
}


static pl_status_t
score_weigh(const judge_rows_t *judge, judge_text_t *heard, pl_arena_t *ar)
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
        score_at(judge, heard, i, false);       /* marks no word before it */
        score_at(judge, heard, i, true);
    }

    score_shout(judge, heard);

    return PL_OK;
}


/* The words of a text, and the part of a sentence that each is in. */

static pl_status_t
score_hear(pl_str_t text, pl_arena_t *ar, judge_text_t *heard)
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

        if (pl_judge_is_word(t, text, &word)) {
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

    score_loudness(text, heard);

    return PL_OK;
}


bool
pl_judge_is_word(const pl_token_t *t, pl_str_t text, pl_str_t *word)
{
    if (t->kind != PL_TOKEN_SIGN) {
        *word = t->text;
        return word->len > 0;
    }

    *word = (pl_str_t) { text.data + t->from, t->to - t->from };

    return t->sign >= SCORE_EMOJI;
}


static void
score_loudness(pl_str_t text, judge_text_t *heard)
{
    size_t  i, marks = 0, large = 0, small = 0;

    for (i = 0; i < text.len; i++) {
        marks += text.data[i] == '!';
        large += text.data[i] >= 'A' && text.data[i] <= 'Z';
        small += text.data[i] >= 'a' && text.data[i] <= 'z';
    }

    heard->shouted = marks >= SCORE_SHOUTS;
    heard->capitals = large >= SCORE_CAPITALS && small == 0;
}


/* What begins at a word: of each topic the longest row, or what changes it. */

static void
score_at(const judge_rows_t *judge, judge_text_t *heard, size_t at,
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
                || !score_row(row, heard, at))
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

            if (b == NULL || score_longer(row, b)) {
                best[row->topic] = i;
            }
        }
    }

    for (h = 0; topics && h < judge->n_topics; h++) {
        if (best[h] != JUDGE_NONE) {
            score_count(judge, heard, best[h], at);
        }
    }
}


/* By words, then by letters; the heavier of two alike. */

static bool
score_longer(const judge_row_t *a, const judge_row_t *b)
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
score_row(const judge_row_t *row, const judge_text_t *heard, size_t at)
{
    size_t  i;

    if (at + row->n_words > heard->n) {
        return false;
    }

    for (i = 0; i < row->n_words; i++) {
        if (heard->words[at + i].part != heard->words[at].part
            || !score_glob(&row->words[i], heard->words[at + i].text))
        {
            return false;
        }
    }

    return true;
}


static bool
score_glob(const judge_word_t *word, pl_str_t text)
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
score_count(const judge_rows_t *judge, judge_text_t *heard, uint32_t i,
    size_t at)
{
    int32_t             weight;
    const judge_row_t  *row = &judge->rows[i];

    weight = row->weight;
    heard->used[row->topic] = at + row->n_words;

    if (judge->topics[row->topic].turns
        && score_before(heard, at, SCORE_NEGATION, JUDGE_NOT))
    {
        weight = weight < 0 ? -weight / SCORE_TURN : 0;
    }

    if (score_before(heard, at, SCORE_DEGREE, JUDGE_MORE)) {
        weight = weight * 3 / 2;

    } else if (score_before(heard, at, SCORE_DEGREE, JUDGE_LESS)) {
        weight = weight * 3 / 5;
    }

    if (weight == 0 || heard->said[i]) {
        return;
    }

    heard->said[i] = true;
    heard->score[row->topic] += weight;
    score_note(heard->evidence[row->topic], row->name, weight);
}


static bool
score_before(const judge_text_t *heard, size_t at, size_t far, uint32_t what)
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
score_shout(const judge_rows_t *judge, judge_text_t *heard)
{
    size_t  i;

    for (i = 0; i < judge->n_topics; i++) {

        if (!judge->topics[i].turns || heard->score[i] <= 0) {
            continue;
        }

        if (heard->shouted) {
            heard->score[i] += PL_JUDGE_SHOUT;
            score_note(heard->evidence[i], "!!!", PL_JUDGE_SHOUT);
        }

        if (heard->capitals) {
            heard->score[i] += PL_JUDGE_SHOUT;
            score_note(heard->evidence[i], "capitals", PL_JUDGE_SHOUT);
        }
    }
}


/* One more part of the evidence, or none of it if it does not fit. */

static void
score_note(char *evidence, const char *name, int32_t weight)
{
    int     n;
    size_t  len = strlen(evidence), left = PL_JUDGE_EVIDENCE_MAX - len;

    n = snprintf(evidence + len, left, "%s%s %d", len > 0 ? ", " : "", name,
                 (int) weight);

    if (n < 0 || (size_t) n >= left) {
        evidence[len] = '\0';
    }
}
