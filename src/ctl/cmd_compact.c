/*
 * compact: a store that nobody has open, made small (core/store.h).
 */

#include "cmd.h"


int
plctl_cmd_compact(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    unsigned              i;
    pl_err_t              err = { 0 };
    Pl__Ctl__CompactRow   row;
    pl_store_compacted_t  done[PL_ENV_COUNT];

    static const char *const  names[PL_ENV_COUNT] = { "journal", "state" };

    (void) words;
    (void) n_words;

    if (pl_store_compact(ctl->dir, done, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    for (i = 0; i < PL_ENV_COUNT; i++) {
        if (!ctl->json) {
            fprintf(ctl->out, "%-8s %s, was %s\n", names[i],
                    plctl_bytes(ctl->ar, done[i].after_bytes),
                    plctl_bytes(ctl->ar, done[i].before_bytes));
            continue;
        }

        pl__ctl__compact_row__init(&row);
        row.environment = (char *) names[i];
        row.before_bytes = done[i].before_bytes;
        row.after_bytes = done[i].after_bytes;

        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }
    }

    return PLCTL_EXIT_OK;
}
