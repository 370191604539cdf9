/*
 * What the files of twilio_* share. Pure; any thread.
 */

#ifndef PL_TWILIO_IMPL_H_INCLUDED
#define PL_TWILIO_IMPL_H_INCLUDED

#include "twilio.h"
#include "twilio.pb-c.h"

#define PL_TWILIO_SHAPES        11
#define PL_TWILIO_PREFIX        "whatsapp:"
#define PL_TWILIO_TAG           "m"         /* of the callback's query */
#define PL_TWILIO_MEDIA_MAX     10          /* files of a message */
#define PL_TWILIO_BODY_MAX      1600        /* characters */
#define PL_TWILIO_OPTED_OUT     21610
#define PL_TWILIO_WINDOW        63016

typedef enum {
    PL_TWILIO_RETRY = 0,
    PL_TWILIO_RATE,
    PL_TWILIO_PERM,
    PL_TWILIO_POLICY,
    PL_TWILIO_CONFIG,
    PL_TWILIO_ACCOUNT
} pl_twilio_class_e;

typedef struct {
    int32_t            code;
    pl_twilio_class_e  class;
    int64_t            retry_ms;    /* 0: as the class has it */
    int                bucket;      /* Pl__Bucket; 0: none */
} pl_twilio_error_t;

extern const pl_rules_t  pl_twilio_rules;
extern const ProtobufCMessageDescriptor *const
    pl_twilio_shapes[PL_TWILIO_SHAPES];
extern const pl_files_t  pl_twilio_files;

/* ---- twilio_sign.c ---- */

pl_mac_t *pl_twilio_mac(pl_str_t secret);
pl_status_t pl_twilio_verify(const pl_secrets_t *secrets,
    const pl_signed_t *in, pl_err_t *err);
pl_status_t pl_twilio_signer(pl_str_t body, pl_arena_t *ar,
    pl_str_t *account);

/* ---- twilio_decode.c ---- */

pl_status_t pl_twilio_decode(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
pl_status_t pl_twilio_came(const Pl__Entry *entry, pl_arena_t *ar,
    pl_decoded_t *out);
bool pl_twilio_statuses_only(pl_str_t body);

/* NULL where it is empty: Twilio sends every parameter. */
char *pl_twilio_some(char *s);

/* protobuf-c's strings are not const; nobody writes into these. */
char *pl_twilio_const(const char *s);

/*
 * Digits of an address that is a telephone number, with or without
 * "whatsapp:" and "+"; NULL: it is none. In the arena.
 */
char *pl_twilio_digits(pl_arena_t *ar, const char *address);

/* Is it an address of WhatsApp? */
bool pl_twilio_whatsapp(const char *address);

/* ---- twilio_content.c ---- */

/* What a message says, its i-th file (from 0) with it, into out. */
pl_status_t pl_twilio_content(const pl_codec_t *codec,
    const Pl__Tw__Webhook *in, const pl_twilio_pair_t *pairs, size_t n,
    size_t i, pl_arena_t *ar, Pl__Content *out);

/* What it stands in; *out NULL: in nothing. */
pl_status_t pl_twilio_context(const Pl__Tw__Webhook *in, pl_arena_t *ar,
    Pl__Context **out);

/* ---- twilio_build.c ---- */

pl_status_t pl_twilio_check(const Pl__Message *message, pl_err_t *err);
pl_status_t pl_twilio_build(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err);

/* ---- twilio_request.c ---- */

/* "Authorization: Basic …", NULL-terminated. PL_INVALID: token, account. */
pl_status_t pl_twilio_headers(const Pl__ChannelSettings *channel,
    pl_str_t token, bool form, pl_arena_t *ar, pl_request_t *out,
    pl_err_t *err);

/* "&name=value" behind a form, what is not unreserved escaped. value NULL:
   no memory. */
typedef struct {
    pl_arena_t   *ar;
    const char   *text;                 /* NULL: no memory */
} pl_twilio_form_t;

void pl_twilio_add(pl_twilio_form_t *form, const char *name,
    const char *value);

/* AC…/ADDRESS, taken apart; in the arena. */
typedef struct {
    char        *sid;
    const char  *address;
} pl_twilio_place_t;

pl_status_t pl_twilio_place(const Pl__ChannelSettings *channel,
    pl_arena_t *ar, pl_twilio_place_t *place, pl_err_t *err);

/* api_base_url without its last slash. PL_INVALID. */
pl_status_t pl_twilio_base(const Pl__ChannelSettings *channel,
    pl_str_t *base, pl_err_t *err);

/* api_base_url/VERSION/Accounts/SID/rest. PL_INVALID, PL_NOMEM. */
pl_status_t pl_twilio_url(const Pl__ChannelSettings *channel,
    const char *sid, const char *rest, pl_arena_t *ar, const char **url,
    pl_err_t *err);

/* No blank, no control character, ASCII alone. */
bool pl_twilio_printable(pl_str_t s);

/* 34 characters: two letters, and hex digits. */
bool pl_twilio_sid(const char *s, const char *kind);

/* What a text is sent as; NULL: no memory. */
const char *pl_twilio_text(const Pl__ChannelSettings *channel,
    const char *text, pl_arena_t *ar);

/* PL_INVALID, with what is wrong and where. */
pl_status_t pl_twilio_fault(pl_err_t *err, const char *text,
    const char *path);

/* ---- twilio_answer.c ---- */

pl_status_t pl_twilio_classify(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);

/* ---- twilio_list.c ---- */

extern const pl_reconcile_t  pl_twilio_reconcile;

/* ---- twilio_account.c ---- */

extern const pl_subaccounts_t  pl_twilio_accounts;

/* ---- twilio_errors.c ---- */

const pl_twilio_error_t *pl_twilio_error(int32_t code);
Pl__Outcome pl_twilio_class_outcome(pl_twilio_class_e class);
const char *pl_twilio_class_name(pl_twilio_class_e class);

#endif /* PL_TWILIO_IMPL_H_INCLUDED */
