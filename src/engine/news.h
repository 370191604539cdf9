/*
 * What has changed in the settings between two generations, so that whoever
 * has a snapshot of ten thousand tenants reads the row that became another,
 * and not all of them. nginx.conf's publish says nothing of the kind: after
 * it everybody reads all.
 *
 * Each change is a generation, and a row "put/GENERATION/KEY" for each row of
 * the settings that it put, GENERATION in eight hex digits. The newest
 * PL_NEWS_KEPT generations are kept.
 */

#ifndef PL_NEWS_H_INCLUDED
#define PL_NEWS_H_INCLUDED

#include "apply.h"

#define PL_NEWS_KEPT      256   /* generations; who is further behind reads
                                   all */
#define PL_NEWS_ROWS_MAX  1024  /* likewise, of rows at once */

/*
 * For the folding thread, which alone writes. A change begins: another
 * generation, which whoever has a snapshot looks at. PL_INVALID: no
 * nginx.conf has been published yet.
 */
pl_status_t pl_news_begin(pl_apply_t *ap, pl_err_t *err);

/* A row of the change: put into the state, into the fold's own snapshot, and
   noted. What stood there before may be gone after it (settings.h). */
pl_status_t pl_news_tenant(pl_apply_t *ap, const Pl__TenantSettings *row,
    pl_err_t *err);
pl_status_t pl_news_channel(pl_apply_t *ap, uint32_t tenant,
    const char *tenant_name, const Pl__ChannelSettings *row, pl_err_t *err);

/*
 * For everybody: makes *settings that of this transaction, whose generation
 * is `generation`: it is left, or follows the changes, or is destroyed and
 * loaded anew. NULL is loaded. What was found in it before is not to be
 * looked at after this. A failure leaves one that is loaded anew when it is
 * next asked for.
 */
pl_status_t pl_news_follow(pl_settings_t **settings, pl_txn_t *txn,
    const pl_codec_t *codec, uint32_t generation, pl_err_t *err);

#endif /* PL_NEWS_H_INCLUDED */
