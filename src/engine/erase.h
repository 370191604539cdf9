/*
 * Erasing a person (docs/privacy.md), which takes two commands.
 *
 * Erase is what somebody asks for. At once nobody finds the person any more,
 * nothing that waits for them leaves, and tombstones stand under their
 * addresses. A contact that others were joined to is erased with them.
 *
 * EraseStep goes on from there, a bounded number of rows at a time, until
 * nothing is left: the sender appends one for each batch. What has to be done
 * outside of the state (keys that are overwritten, files) it does when the
 * rest is over, and says so in the last step.
 *
 * Left is what other rows need to stand on: the contact, its conversation and
 * its messages as numbers and times, without a word, a name or an address.
 */

#ifndef PL_ERASE_H_INCLUDED
#define PL_ERASE_H_INCLUDED

#include "apply.h"

#define PL_ERASE_ROWS          1000     /* of a step, that are looked at */
#define PL_ERASE_BYTES         (2u * 1024 * 1024)   /* of what was set aside;
                                           the row that reaches it is the
                                           step's last */
#define PL_ERASE_CONTACTS_MAX  64       /* that are one person */
#define PL_ERASE_FILES_MAX     4096     /* of them that are looked for; what
                                           is more stays in the folder */
#define PL_ERASE_QUOTED_MAX    4096     /* ids of what was said in groups that
                                           are looked for in one walk */
#define PL_ERASE_TEXT_MAX      256      /* of actor and basis, each */

/*
 * A pass of retention (age.h), which EraseStep goes on with as with a person:
 * its row as it stands from now on.
 */
pl_status_t pl_erase_pass(pl_apply_t *ap, const Pl__Erasure *pass,
    pl_err_t *err);

/*
 * Files of an item that leaves the quarantine, each noted once; and the pass
 * that removes those that were noted, but for what messages or other items
 * name. It stands in `erasing` under PL_AGE_FILES. PL_NOMEM.
 */
pl_status_t pl_erase_note_aside(pl_apply_t *ap, Pl__Erasure *files,
    const Pl__Quarantine *row, pl_err_t *err);
pl_status_t pl_erase_unnamed(pl_apply_t *ap, Pl__Erasure *files,
    pl_err_t *err);

/*
 * A file that came for a message of somebody who was erased meanwhile; and
 * those that came with an entry that is dropped, being late. They go by such
 * a pass. PL_NOMEM.
 */
pl_status_t pl_erase_late_file(pl_apply_t *ap, const char *file,
    pl_err_t *err);
pl_status_t pl_erase_late_came(pl_apply_t *ap, pl_err_t *err);

/* Who comes next but so many, in the arena. PL_NOTFOUND: nobody. */
pl_status_t pl_erase_next(pl_txn_t *txn, pl_arena_t *ar, size_t over,
    Pl__Erasure **erasure, pl_err_t *err);

#endif /* PL_ERASE_H_INCLUDED */
