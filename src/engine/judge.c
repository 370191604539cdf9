/*
 * The judge of word lists: see judge.h for how a score comes about.
 */

#include "judge.h"


static pl_status_t judge_score(const pl_judge_t *judge, pl_str_t text,
    pl_arena_t *ar, pl_score_t **scores, size_t *n);


pl_status_t
pl_judge_words(pl_arena_t *ar, const pl_judge_topic_t *topics, size_t n,
    const pl_judge_grammar_t *grammar, pl_judge_t **judge, pl_err_t *err)
{
    (void) topics;
    (void) n;
    (void) grammar;

    *judge = pl_arena_zalloc(ar, sizeof(**judge));

    if (*judge == NULL) {
        return pl_err_set(err, PL_NOMEM, "make judge", 0, "arena is full");
    }

    (*judge)->name = "words";
    (*judge)->score = judge_score;

    return PL_OK;
}


static pl_status_t
judge_score(const pl_judge_t *judge, pl_str_t text, pl_arena_t *ar,
    pl_score_t **scores, size_t *n)
{
    (void) judge;
    (void) text;
    (void) ar;

    *scores = NULL;
    *n = 0;

    return PL_OK;
}


const pl_judge_topic_t *
pl_judge_default(const char *language, size_t *n)
{
    (void) language;
    *n = 0;
    return NULL;
}


const pl_judge_grammar_t *
pl_judge_default_grammar(void)
{
    static const pl_judge_grammar_t  none;

    return &none;
}
