/*
 * Judging a text: how much does it speak of a topic, how does it sound. A
 * judge gives each of its topics a score with a threshold and says by what;
 * the flow decides what to do about it, and the audit event keeps all of it.
 *
 * The interface is one call, so that something cleverer than lists of words
 * can stand behind it. What is here is the lists: rows of weighted words,
 * phrases and patterns. Integers alone: the same text gives the same scores
 * on every machine.
 *
 * How a score comes about (all weights are thousandths):
 *
 * - A text is folded into words (marks of letters gone, and "ß" is "ss").
 *   A row is a word, or words that follow each other in the same part of a
 *   sentence; '*' at the beginning or the end of a word stands for any
 *   letters ("*preis*"). An emoji is a word.
 * - At each place the longest row of a topic counts (by words, then by
 *   letters), and its words are then used up for that topic. A row counts
 *   once in a text: saying a thing three times does not make it three times
 *   as true.
 * - An intensifier within two words before a row ("sehr", "very") makes it
 *   half as heavy again, a softener ("etwas", "a bit") takes two fifths.
 * - Where a topic `turns`, as tone does and prices do not, a negation within
 *   three words before a row, in the same part of a sentence, takes the row
 *   away; and half of a weight below zero comes to its opposite: "nicht
 *   schlecht" is not negative, "nicht gut" is.
 * - Where such a topic scores above zero, three exclamation marks add
 *   PL_JUDGE_SHOUT, and so do capitals throughout.
 * - Weights are summed, not divided by length: a long message that asks for
 *   the price once asks for the price. The sum is held to 0 .. 1000.
 */

#ifndef PL_JUDGE_H_INCLUDED
#define PL_JUDGE_H_INCLUDED

#include "../core/arena.h"
#include "../core/pl.h"

#define PL_JUDGE_TOPICS_MAX     32
#define PL_JUDGE_ROWS_MAX       2048    /* of all topics */
#define PL_JUDGE_ROW_WORDS_MAX  8
#define PL_JUDGE_ROW_BYTES_MAX  128
#define PL_JUDGE_WORDS_MAX      1024    /* and signs, of a text; the rest is
                                           not judged */
#define PL_JUDGE_EVIDENCE_MAX   256     /* bytes, with the NUL */
#define PL_JUDGE_WEIGHT_MAX     1000
#define PL_JUDGE_SCORE_MAX      1000
#define PL_JUDGE_SHOUT          100

typedef struct {
    const char           *name;         /* of the topic; the judge's */
    int32_t               score;        /* 0 to PL_JUDGE_SCORE_MAX */
    int32_t               threshold;    /* met when score >= threshold */
    const char           *evidence;     /* rows and their weights, "preis* 600,
                                           teuer 400": words of the lists and
                                           none of the person's; in the arena */
} pl_score_t;

typedef struct pl_judge_s  pl_judge_t;

/*
 * One score for each topic in the judge's order, in the arena; any bytes are
 * a text. PL_NOMEM alone.
 */
typedef pl_status_t (*pl_judge_score_pt)(const pl_judge_t *judge,
    pl_str_t text, pl_arena_t *ar, pl_score_t **scores, size_t *n);

struct pl_judge_s {
    const char           *name;         /* "words"; stands in the audit */
    pl_judge_score_pt     score;
    const void           *data;
};

/* Any thread; the judge is immutable. */
static inline pl_status_t
pl_judge(const pl_judge_t *judge, pl_str_t text, pl_arena_t *ar,
    pl_score_t **scores, size_t *n)
{
    return judge->score(judge, text, ar, scores, n);
}


/* ---- the judge of word lists ---------------------------------------- */

typedef struct {
    const char           *words;        /* "*preis*", "was kostet" */
    int32_t               weight;       /* thousandths, not 0 */
} pl_judge_row_t;

typedef struct {
    const char             *name;
    int32_t                 threshold;
    bool                    turns;      /* a negation before a row matters */
    const pl_judge_row_t   *rows;
    size_t                  n_rows;
} pl_judge_topic_t;

/* What comes before a row and changes it; words and phrases. */
typedef struct {
    const char *const    *negations;
    size_t                n_negations;
    const char *const    *intensifiers;
    size_t                n_intensifiers;
    const char *const    *softeners;
    size_t                n_softeners;
} pl_judge_grammar_t;

/*
 * Makes a judge of rows. What is passed need not outlive the call; the judge
 * lives in the arena. grammar NULL: those of all languages shipped.
 * PL_INVALID: an empty row, a weight of 0 or past the limits, two topics of
 * a name; PL_TOOBIG: past a limit; err->path names the place
 * ("price[3]"). PL_NOMEM.
 */
pl_status_t pl_judge_words(pl_arena_t *ar, const pl_judge_topic_t *topics,
    size_t n, const pl_judge_grammar_t *grammar, pl_judge_t **judge,
    pl_err_t *err);

/*
 * The topics that ship for a language ("de", "en-US"; another: English):
 * "price", "contract", "person" (asks for a human being) and "negative".
 * Const. A flow that brings its own rows for a topic passes those instead.
 */
const pl_judge_topic_t *pl_judge_default(const char *language, size_t *n);
const pl_judge_grammar_t *pl_judge_default_grammar(void);

#endif /* PL_JUDGE_H_INCLUDED */
