/*
 * Mail: what goes out by SMTP (smtp.c), and what the providers' webhooks that
 * bring mail have in common (mail_inbound.c).
 */

#ifndef PL_SMTP_H_INCLUDED
#define PL_SMTP_H_INCLUDED

#include "channel.h"
#include "mail.h"

#define PL_SMTP_FILES_BYTES_MAX  (25u * 1024 * 1024)    /* of one mail */

extern const pl_channel_t  pl_smtp;
extern const pl_channel_t  pl_postmark;
extern const pl_channel_t  pl_mailgun;
extern const pl_channel_t  pl_sendgrid;

/* What all providers of mail have alike. */
pl_status_t pl_smtp_check(const Pl__Message *message, pl_err_t *err);
pl_status_t pl_smtp_build_none(const pl_codec_t *codec,
    const pl_send_t *send, pl_arena_t *ar, pl_request_t *out, pl_err_t *err);
pl_status_t pl_smtp_classify(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
bool pl_smtp_state(const char *status, Pl__MessageState *state);

/* Is it marketing, as policy has it, of what is no template? */
bool pl_smtp_marketing(const Pl__Message *message);

bool pl_smtp_windows(const Pl__ChannelSettings *channel);

/* As came of channel.h: what says no time, or one that is still to come, is
   of the entry's. */
pl_status_t pl_mail_came(const Pl__Entry *entry, pl_arena_t *ar,
    pl_decoded_t *out);

/* An UnreadableItem; account may be NULL. PL_NOMEM. */
pl_status_t pl_mail_unreadable(const char *account, const char *reason,
    const ProtobufCBinaryData *raw, pl_arena_t *ar, pl_decoded_t *out);

/*
 * Is it the address that takes no mail? By an enhanced status code (RFC 3463:
 * 5.1.1); and by the first one of a text: otherwise where it has none.
 */
bool pl_mail_unreachable(int class, int subject, int detail);
bool pl_mail_unreachable_said(const char *text, bool otherwise);

/* Programs that open mail before anybody has looked; NULL is one. */
bool pl_mail_machine(const char *agent);

/* A webhook's body, and what was taken out of it, if it was sifted. */
typedef struct {
    pl_str_t             body;
    bool                 sifted;
    bool                 has_mail;
    pl_str_t             mail;          /* the whole mail within */
    Pl__Taken  *const   *rows;
    size_t               n_rows;
} pl_mail_hook_t;

void pl_mail_hook(const Pl__Entry *entry, pl_mail_hook_t *hook);

/* What was taken of the body, or of the mail within, for who reads that. */
pl_mail_taken_t pl_mail_hook_taken(const pl_mail_hook_t *hook, bool in_mail);

/*
 * The whole mail within, which is raw where the body was not sifted. False:
 * there is none. *rc as pl_mail_read.
 */
bool pl_mail_whole(const pl_mail_hook_t *hook, pl_str_t raw, pl_arena_t *ar,
    pl_mail_read_t *mail, pl_status_t *rc);

/* A mail that came in, as commands; account is whom it was for. */
typedef struct {
    pl_mail_read_t  *mail;
    const char      *recipient;     /* as it was delivered; required */
    const char      *id;            /* the provider's: where the mail has
                                       none; required */
    int64_t          time_s;
    const ProtobufCBinaryData  *raw;    /* of the item, for quarantine */
    const pl_mail_hook_t       *hook;   /* that brought it */
} pl_mail_inbound_t;

/*
 * Adds to out, whose list has room for two more: an InboundMessage; what a
 * report says as a DeliveryStatus; or nothing, for mail of our own that came
 * back (n_ignored). PL_NOMEM.
 */
pl_status_t pl_mail_inbound(const pl_mail_inbound_t *in, pl_arena_t *ar,
    pl_decoded_t *out);

/*
 * A status of a mail of ours, by its Message-ID, which may be NULL (ignored).
 * word: of pl_smtp.state. *status may be filled further.
 */
pl_status_t pl_mail_status(const char *id, const char *recipient,
    const char *word, int64_t time_s, pl_arena_t *ar, pl_decoded_t *out,
    Pl__DeliveryStatus **status);

/* Somebody wants no more mail; account is whose it was. */
pl_status_t pl_mail_refused(const char *account, const char *address,
    const char *word, int64_t time_s, pl_arena_t *ar, pl_decoded_t *out);

/*
 * "Basic …" against secrets of the form user:password. As verify of
 * channel.h.
 */
pl_status_t pl_mail_basic(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err);

#endif /* PL_SMTP_H_INCLUDED */
