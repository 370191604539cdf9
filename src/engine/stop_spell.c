/*
 * Refusals that are spelled in ways of their own. See stop_impl.h.
 */

#include <string.h>

#include "../core/str.h"
#include "stop_impl.h"

#define STOP_SPELLED_MIN  4         /* letters of a word that stand apart */
#define STOP_RUN_MIN      3         /* of one letter: "stooop" */


pl_str_t
pl_stop_spelled(pl_arena_t *ar, const pl_words_t *words)
{
    bool      good;
    size_t    i;
    uint8_t  *to;
    pl_str_t  out;

    if (words->n_words < STOP_SPELLED_MIN) {
        return PL_STR_NULL;
    }

    for (i = 0; i < words->n_words; i++) {
        if (pl_utf8_step(words->words[i].data, words->words[i].len, &good)
            != words->words[i].len)
        {
            return PL_STR_NULL;
        }
    }

    to = pl_arena_alloc(ar, words->text.len + 1);
    out.data = to;
    out.len = 0;

    for (i = 0; to != NULL && i < words->n_words; i++) {
        memcpy(to + out.len, words->words[i].data, words->words[i].len);
        out.len += words->words[i].len;
        to[out.len] = '\0';
    }

    return out;
}


pl_str_t
pl_stop_drawn(pl_arena_t *ar, pl_str_t text)
{
    bool      changed;
    size_t    i, run;
    uint8_t  *to;
    pl_str_t  out;

    for (i = 2; i < text.len; i++) {
        if (text.data[i] == text.data[i - 1]
            && text.data[i] == text.data[i - 2])
        {
            break;
        }
    }

    to = i < text.len ? pl_arena_alloc(ar, text.len + 1) : NULL;
    if (to == NULL) {
        return PL_STR_NULL;
    }

    out.data = to;
    out.len = 0;
    changed = false;

    for (i = 0; i < text.len; i += run) {

        for (run = 1; i + run < text.len && text.data[i] >= 'a'
                      && text.data[i] <= 'z'
                      && text.data[i + run] == text.data[i]; run++)
        {
            /* void */
        }

        if (run >= STOP_RUN_MIN) {
            to[out.len++] = text.data[i];
            changed = true;

        } else {
            memcpy(to + out.len, text.data + i, run);
            out.len += run;
        }
    }

    to[out.len] = '\0';

    return changed ? out : PL_STR_NULL;
}
