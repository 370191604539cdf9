/*
 * A webhook whose files were taken out before it was an entry (sift.h), for
 * who reads what is left of it.
 */

#include <string.h>

#include "../core/str.h"
#include "smtp.h"


void
pl_mail_hook(const Pl__Entry *entry, pl_mail_hook_t *hook)
{
    memset(hook, 0, sizeof(*hook));
    hook->body = (pl_str_t) { entry->body.data, entry->body.len };
    hook->sifted = true;
    hook->has_mail = entry->has_mail;
    hook->mail = (pl_str_t) { entry->mail.data, entry->mail.len };
    hook->rows = entry->taken;
    hook->n_rows = entry->n_taken;
}


pl_mail_taken_t
pl_mail_hook_taken(const pl_mail_hook_t *hook, bool in_mail)
{
    pl_mail_taken_t  taken;

    taken.rows = hook->rows;
    taken.n = hook->n_rows;
    taken.from = in_mail ? hook->mail.data : hook->body.data;
    taken.in_mail = in_mail;

    return taken;
}


const Pl__Taken *
pl_mail_taken_at(const pl_mail_taken_t *taken, const uint8_t *at)
{
    size_t            i;
    const Pl__Taken  *row;

    for (i = 0; taken != NULL && at != NULL && i < taken->n; i++) {
        row = taken->rows[i];

        if (row->has_at && row->type == NULL
            && (row->has_in_mail && row->in_mail) == taken->in_mail
            && taken->from + row->at == at)
        {
            return row;
        }
    }

    return NULL;
}


bool
pl_mail_whole(const pl_mail_hook_t *hook, pl_str_t raw, pl_arena_t *ar,
    pl_mail_read_t *mail, pl_status_t *rc)
{
    pl_mail_taken_t  taken = pl_mail_hook_taken(hook, true);

    if (hook->has_mail) {
        *rc = pl_mail_read_sifted(hook->mail, &taken, ar, mail, NULL);

    } else {
        *rc = raw.len != 0 ? pl_mail_read(raw, ar, mail, NULL) : PL_OK;
    }

    return hook->has_mail || raw.len != 0;
}
