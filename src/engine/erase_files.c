/*
 * Files that the messages of a person who is erased name. See erase.h.
 */

#include <string.h>

#include "../core/str.h"
#include "erase_impl.h"


static size_t files_at(const Pl__Erasure *e, const char *file, bool *there);


/* In the item's arena: the erasure is put with them. */

pl_status_t
pl_erase_note_file(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Message *message, pl_err_t *err)
{
    bool         there;
    char        *name;
    size_t       at;
    const char  *file;

    file = pl_erase_file(message->content);

    if (file == NULL || e->n_files >= PL_ERASE_FILES_MAX) {
        return PL_OK;
    }

    at = files_at(e, file, &there);
    if (there) {
        return PL_OK;
    }

    name = pl_arena_str(ap->ar, pl_str_c(file));
    e->files = pl_apply_list(ap, e->files, e->n_files, name);
    if (name == NULL || e->files == NULL) {
        return pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
    }

    memmove(e->files + at + 1, e->files + at,
            (e->n_files - at) * sizeof(*e->files));
    e->files[at] = name;
    e->n_files++;

    return PL_OK;
}


void
pl_erase_keep_file(Pl__Erasure *e, const char *file)
{
    bool    there;
    size_t  at;

    at = files_at(e, file, &there);

    if (there) {
        e->n_files--;
        memmove(e->files + at, e->files + at + 1,
                (e->n_files - at) * sizeof(*e->files));
    }
}


const char *
pl_erase_file(const Pl__Content *content)
{
    const Pl__Media  *media;

    media = NULL;

    if (content->of_case == PL__CONTENT__OF_MEDIA) {
        media = content->media;

    } else if (content->of_case == PL__CONTENT__OF_INTERACTIVE
               && content->interactive->header != NULL)
    {
        media = content->interactive->header->media;

    } else if (content->of_case == PL__CONTENT__OF_TEMPLATE
               && content->template_->header != NULL)
    {
        media = content->template_->header->media;

    } else if (content->of_case == PL__CONTENT__OF_EDIT
               && content->edit->content != NULL
               && content->edit->content->of_case == PL__CONTENT__OF_MEDIA)
    {
        media = content->edit->content->media;
    }

    return media == NULL ? NULL : media->file;
}


/* Where it is, or would be. */

static size_t
files_at(const Pl__Erasure *e, const char *file, bool *there)
{
    int     order;
    size_t  from, to, mid;

    *there = false;

    for (from = 0, to = e->n_files; from < to; /* void */) {
        mid = from + (to - from) / 2;
        order = strcmp(e->files[mid], file);

        if (order == 0) {
            *there = true;
            return mid;
        }

        if (order < 0) {
            from = mid + 1;

        } else {
            to = mid;
        }
    }

    return from;
}
