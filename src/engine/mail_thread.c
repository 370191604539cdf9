/*
 * See mail_thread.h. Of the newest messages the last mail that has an id is
 * what is answered, unless the sender has named another: its references, and
 * itself behind them, are the thread (provider-facts 8.4). What is bounded
 * there is bounded here: the first id, and the last ten.
 */

#include <string.h>
#include <strings.h>

#include "../channel/mail.h"
#include "../core/str.h"
#include "mail_thread.h"

static bool thread_is(const pl_apply_t *ap, const Pl__Message *message);
static pl_status_t thread_make(pl_apply_t *ap, const Pl__Message *before,
    Pl__Message *message, pl_err_t *err);
static char *thread_line(char *subject);
static char *thread_subject(pl_apply_t *ap, const Pl__Message *before);


pl_status_t
pl_mail_thread(pl_apply_t *ap, const Pl__Conversation *conv,
    Pl__Message *message, pl_err_t *err)
{
    size_t         i;
    Pl__Message   *before;
    pl_status_t    rc;

    if (message->direction != PL__DIRECTION__DIRECTION_OUT
        || !thread_is(ap, message))
    {
        return PL_OK;
    }

    for (i = conv->n_newest; i > 0; i--) {
        rc = pl_message_get(ap, conv->newest[i - 1], &before, err);

        if (rc == PL_NOTFOUND) {
            continue;
        }

        if (rc != PL_OK) {
            return rc;
        }

        if (before->channel != message->channel
            || before->provider_id == NULL || before->has_erased
            || (message->reply_to != NULL
                && strcmp(message->reply_to, before->provider_id) != 0))
        {
            continue;
        }

        return thread_make(ap, before, message, err);
    }

    return PL_OK;
}


static bool
thread_is(const pl_apply_t *ap, const Pl__Message *message)
{
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, message->channel);

    return channel != NULL && channel->provider != NULL
           && channel->provider->address
              == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
}


static pl_status_t
thread_make(pl_apply_t *ap, const Pl__Message *before, Pl__Message *message,
    pl_err_t *err)
{
    char            **ids = NULL, **out;
    size_t            i, n = 0, from;
    Pl__MailThread   *thread;
    const Pl__Email  *email;

    email = before->content->of_case == PL__CONTENT__OF_EMAIL
            ? before->content->email : NULL;

    if (before->direction == PL__DIRECTION__DIRECTION_IN && email != NULL) {
        ids = email->references;
        n = email->n_references;

    } else if (before->thread != NULL) {
        ids = before->thread->references;
        n = before->thread->n_references;
    }

    thread = pl_arena_alloc(ap->ar, sizeof(*thread));
    out = pl_arena_alloc(ap->ar, (n + 1) * sizeof(*out));

    if (thread == NULL || out == NULL) {
        return pl_err_set(err, PL_NOMEM, "thread", 0, "out of memory");
    }

    pl__mail_thread__init(thread);
    thread->references = out;
    from = n >= PL_MAIL_REFERENCES_MAX ? n - PL_MAIL_REFERENCES_MAX + 2 : 1;

    for (i = 0; i < n; i++) {
        if (i == 0 || i >= from) {
            out[thread->n_references++] = ids[i];
        }
    }

    out[thread->n_references++] = before->provider_id;
    thread->subject = thread_subject(ap, before);
    message->thread = thread;
    message->reply_to = before->provider_id;

    return PL_OK;
}


/* "Re: " once, however often it is answered; NULL: it had none. */

static char *
thread_subject(pl_apply_t *ap, const Pl__Message *before)
{
    const char  *subject = NULL;

    if (before->content->of_case == PL__CONTENT__OF_EMAIL) {
        subject = before->content->email->subject;
    }

    if (subject == NULL && before->thread != NULL) {
        subject = before->thread->subject;
    }

    if (subject == NULL || subject[0] == '\0') {
        return NULL;
    }

    return thread_line(strncasecmp(subject, "re:", 3) == 0
                       || strlen(subject) + 4 > PL_MAIL_SUBJECT_MAX
                       ? pl_arena_str(ap->ar, pl_str_c(subject))
                       : pl_arena_printf(ap->ar, "Re: %s", subject));
}


/* What others put into theirs (a tab, a bell) would be refused in ours. */

static char *
thread_line(char *subject)
{
    char  *p;

    for (p = subject; p != NULL && *p != '\0'; p++) {
        *p = (unsigned char) *p < ' ' || *p == 0x7f ? ' ' : *p;
    }

    return subject;
}
