/*
 * The thread that a mail of ours goes out in: what it answers, and under
 * which subject. Found in the conversation's newest messages when the mail is
 * added to it; part of apply.
 */

#ifndef PL_MAIL_THREAD_H_INCLUDED
#define PL_MAIL_THREAD_H_INCLUDED

#include "apply.h"

/*
 * Sets message->thread, in the arena, where its channel is one of mail and
 * something was written there before, and message->reply_to to what it
 * answers. Before the message is added to conv.
 */
pl_status_t pl_mail_thread(pl_apply_t *ap, const Pl__Conversation *conv,
    Pl__Message *message, pl_err_t *err);

#endif /* PL_MAIL_THREAD_H_INCLUDED */
