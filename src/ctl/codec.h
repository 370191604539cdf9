/*
 * The codec of what parleyctl prints (ctl.proto).
 */

#ifndef PLCTL_CODEC_H_INCLUDED
#define PLCTL_CODEC_H_INCLUDED

#include "../core/json.h"
#include "ctl.pb-c.h"

/* PL_INVALID names a row that does not fit; the codec is the caller's. */
pl_status_t plctl_codec_create(pl_codec_t **codec, pl_err_t *err);

#endif /* PLCTL_CODEC_H_INCLUDED */
