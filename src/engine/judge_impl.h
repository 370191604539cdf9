/*
 * Inside of the judge of word lists: its rows, which judge.c makes and
 * judge_score.c holds a text against. No other file includes this.
 */

#ifndef PL_JUDGE_IMPL_H_INCLUDED
#define PL_JUDGE_IMPL_H_INCLUDED

#include "answer_impl.h"
#include "judge.h"

#define JUDGE_HEADS         257         /* by first byte; the last is '*' */
#define JUDGE_ANY           256
#define JUDGE_NONE          UINT32_MAX

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

/* judge_rows_t's scores, as pl_judge_score_pt has it. */
pl_status_t pl_judge_score(const pl_judge_t *judge, pl_str_t text,
    pl_arena_t *ar, pl_score_t **scores, size_t *n);

/* Is a token of a text a word? An emoji is one. */
bool pl_judge_is_word(const pl_token_t *t, pl_str_t text, pl_str_t *word);

#endif /* PL_JUDGE_IMPL_H_INCLUDED */
