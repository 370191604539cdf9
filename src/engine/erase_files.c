/*
 * Files that the messages of a person who is erased name. See erase.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "age.h"
#include "erase_impl.h"

#define FILES_TOGETHER  256             /* that came by themselves, in a pass */


static pl_status_t files_waiting(pl_apply_t *ap, size_t n,
    Pl__Erasure **pass, pl_err_t *err);
static pl_status_t files_note(pl_apply_t *ap, Pl__Erasure *e,
    const char *file, pl_err_t *err);
static const Pl__Media *files_media(const Pl__Content *content);
static size_t files_at(const Pl__Erasure *e, const char *file, bool *there);


pl_status_t
pl_erase_note_file(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Message *message, pl_err_t *err)
{
    size_t        i;
    const char   *file;
    pl_status_t   rc = PL_OK;

    for (i = 0; rc == PL_OK
                && (file = pl_erase_file(message->content, i)) != NULL; i++)
    {
        rc = files_note(ap, e, file, err);
    }

    return rc;
}


pl_status_t
pl_erase_note_aside(pl_apply_t *ap, Pl__Erasure *files,
    const Pl__Quarantine *row, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < row->n_files; i++) {
        rc = files_note(ap, files, row->files[i], err);
    }

    return rc;
}


/* One walk is of all that waits: whoever makes files come makes no walks. */

pl_status_t
pl_erase_unnamed(pl_apply_t *ap, Pl__Erasure *files, pl_err_t *err)
{
    size_t        i;
    pl_status_t   rc;
    Pl__Erasure  *pass;

    if (files->n_files == 0) {
        return PL_OK;
    }

    rc = files_waiting(ap, files->n_files, &pass, err);

    if (rc == PL_NOTFOUND) {
        pass = files;
        pass->tenant = PL_AGE_FILES;
        pass->entry = ap->entry;
        pass->began_ms = ap->now_ms;
        pass->phase = PL__ERASE_PHASE__ERASE_PHASE_FILES;
        pass->has_keep_ms = 1;          /* a pass: nobody asked for it */
        return pl_erase_pass(ap, pass, err);
    }

    for (i = 0; rc == PL_OK && i < files->n_files; i++) {
        rc = files_note(ap, pass, files->files[i], err);
    }

    /* one that is newer than its pass is somebody else's, and stays */

    pass->began_ms = ap->now_ms;

    return rc == PL_OK ? pl_erase_pass(ap, pass, err) : rc;
}


pl_status_t
pl_erase_late_file(pl_apply_t *ap, const char *file, pl_err_t *err)
{
    Pl__Erasure  files = PL__ERASURE__INIT;
    pl_status_t  rc;

    rc = files_note(ap, &files, file, err);

    return rc == PL_OK ? pl_erase_unnamed(ap, &files, err) : rc;
}


pl_status_t
pl_erase_late_came(pl_apply_t *ap, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;
    Pl__Erasure  files = PL__ERASURE__INIT;

    for (i = 0; rc == PL_OK && ap->came != NULL && i < ap->came->n_taken; i++)
    {
        rc = files_note(ap, &files, ap->came->taken[i]->file, err);
    }

    return rc == PL_OK ? pl_erase_unnamed(ap, &files, err) : rc;
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
pl_erase_file(const Pl__Content *content, size_t i)
{
    const char       *file;
    const Pl__Media  *media;

    if (content->of_case == PL__CONTENT__OF_EMAIL) {
        if (i >= content->email->n_attachments) {
            return NULL;
        }

        file = content->email->attachments[i]->file;

        return file != NULL ? file : "";
    }

    media = i == 0 ? files_media(content) : NULL;

    return media == NULL ? NULL : media->file;
}


/* The newest pass, if it has not begun and has room; or PL_NOTFOUND. */

static pl_status_t
files_waiting(pl_apply_t *ap, size_t n, Pl__Erasure **pass, pl_err_t *err)
{
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&from, PL_AGE_FILES, UINT64_MAX);

    rc = pl_store_scan(ap->txn, PL_TABLE_ERASING, pl_key_str(&from), true,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);

    if (rc == PL_OK && (key.len < 4 || pl_be32(key.data) != PL_AGE_FILES)) {
        rc = PL_NOTFOUND;
    }

    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_ERASING, value,
                            &pl__erasure__descriptor, ap->ar, &msg, err);
    }

    pl_store_scan_end(scan);

    if (rc != PL_OK) {
        return rc;
    }

    *pass = (Pl__Erasure *) msg;

    return (*pass)->phase == PL__ERASE_PHASE__ERASE_PHASE_FILES
           && !(*pass)->has_edge && (*pass)->n_files + n <= FILES_TOGETHER
           ? PL_OK : PL_NOTFOUND;
}


/* In the item's arena: the erasure is put with them. */

static pl_status_t
files_note(pl_apply_t *ap, Pl__Erasure *e, const char *file, pl_err_t *err)
{
    bool     there;
    char    *name;
    size_t   at;

    if (file[0] == '\0' || e->n_files >= PL_ERASE_FILES_MAX) {
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


static const Pl__Media *
files_media(const Pl__Content *content)
{
    if (content->of_case == PL__CONTENT__OF_MEDIA) {
        return content->media;
    }

    if (content->of_case == PL__CONTENT__OF_INTERACTIVE
        && content->interactive->header != NULL)
    {
        return content->interactive->header->media;
    }

    if (content->of_case == PL__CONTENT__OF_TEMPLATE
        && content->template_->header != NULL)
    {
        return content->template_->header->media;
    }

    if (content->of_case == PL__CONTENT__OF_EDIT
        && content->edit->content != NULL
        && content->edit->content->of_case == PL__CONTENT__OF_MEDIA)
    {
        return content->edit->content->media;
    }

    return NULL;
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
