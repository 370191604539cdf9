/*
 * A transfer that is a mail (see transfer.h): what libcurl is told beside
 * what it is told of any request, and what its codes mean.
 *
 * Nothing counts as handed over before the relay has all of it: the server
 * throws away what has no final dot behind it, and libcurl writes that only
 * after the read callback gave the last byte. So the stage LEAVING begins
 * with that byte, and an attempt that broke off earlier never was one. libcurl
 * repeats no mail by itself.
 *
 * Where a dialogue broke off is told by its code: the greeting and the
 * beginning of TLS are the relay's state, and say nothing of the message.
 */

#include <string.h>

#include "transfer_impl.h"

#define MAIL_DENIED  535                /* RFC 4954: credentials are wrong */

#define SET(option, value)  (curl_easy_setopt(easy, option, value) == CURLE_OK)

static bool mail_credentials(CURL *easy, pls_job_t *job);


bool
pls_mail_is(const pls_job_t *job)
{
    return job->request.mail_to != NULL;
}


bool
pls_mail_prepare(transfer_t *t, CURL *easy, pls_job_t *job)
{
    curl_slist_free_all(t->recipients);
    t->recipients = curl_slist_append(NULL, job->request.mail_to);

    return t->recipients != NULL
           && SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
           && SET(CURLOPT_UPLOAD, 1L)
           && SET(CURLOPT_CUSTOMREQUEST, NULL)
           && SET(CURLOPT_INFILESIZE_LARGE,
                  (curl_off_t) (job->source != NULL
                                ? job->source_bytes
                                : job->request.body.len))
           && SET(CURLOPT_MAIL_FROM, job->request.mail_from)
           && SET(CURLOPT_MAIL_RCPT, t->recipients)
           && SET(CURLOPT_USE_SSL, (long) CURLUSESSL_ALL)
           && mail_credentials(easy, job);
}


static bool
mail_credentials(CURL *easy, pls_job_t *job)
{
    char  *password = NULL;

    if (job->request.user != NULL) {
        password = pl_arena_str(job->arena, job->request.password);

        if (password == NULL) {
            return false;
        }
    }

    return SET(CURLOPT_USERNAME, job->request.user)
           && SET(CURLOPT_PASSWORD, password);
}


/*
 * Of an answer of several lines the last one's words are kept. 221 answers
 * our QUIT alone, behind what ended the mail.
 */

size_t
pls_mail_header(transfer_t *t, const char *buf, size_t n)
{
    pls_wire_t  *wire = &t->job->wire;

    if (n < 4 || buf[0] < '2' || buf[0] > '5'
        || memcmp(buf, "221", 3) == 0)
    {
        return n;
    }

    if (wire->body == NULL) {
        wire->body = pl_arena_alloc(t->job->arena, MAIL_REPLY_MAX);
        wire->body_size = wire->body == NULL ? 0 : MAIL_REPLY_MAX;
    }

    wire->body_len = n < wire->body_size ? n : wire->body_size;

    if (wire->body_len != 0) {
        memcpy(wire->body, buf, wire->body_len);
    }

    return n;
}


/* 0: the message was not answered; whether it may have left, the stage says. */

int
pls_mail_status(transfer_t *t, CURLcode code)
{
    bool  whole = t->job->wire.stage >= PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    long  status = 0;

    if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status)
        != CURLE_OK)
    {
        return 0;
    }

    switch (code) {

    case CURLE_OK:
        return status / 100 == 2 ? (int) status : 0;

    case CURLE_LOGIN_DENIED:
        return status / 100 == 4 ? (int) status : MAIL_DENIED;

    case CURLE_SEND_ERROR:              /* MAIL, RCPT or DATA was refused */
        return !whole && (status / 100 == 4 || status / 100 == 5)
               ? (int) status : 0;

    case CURLE_WEIRD_SERVER_REPLY:      /* what was handed over was */
        return whole && (status / 100 == 4 || status / 100 == 5)
               ? (int) status : 0;

    default:
        return 0;
    }
}
