/*
 * A template of ours that is handed in (provider-facts 3), and an item that
 * is read once more.
 *
 * A name is given once: what is handed in twice is refused the second time,
 * and the list says what became of the first. Errors are those of the list.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"


pl_status_t
pl_whatsapp_submit(const pl_codec_t *codec, const pl_submit_t *submit,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err)
{
    pl_status_t  rc;

    out->method = "POST";

    rc = pl_whatsapp_build_url(submit->channel, "waba_id",
                               submit->channel->waba_id,
                               "/message_templates", ar, &out->url, err);

    if (rc == PL_OK) {
        rc = pl_whatsapp_build_headers(submit->token, true, ar, out, err);
    }

    return rc == PL_OK ? pl_whatsapp_draft(codec, submit->draft, ar,
                                           &out->body, err)
                       : rc;
}


pl_status_t
pl_whatsapp_submitted(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t                   rc;
    ProtobufCMessage             *msg;
    Pl__SubmittedTemplate        *submitted;
    const Pl__Wa__SubmitAnswer   *said;

    if (answer->status < 200 || answer->status > 299) {
        rc = pl_whatsapp_classify(codec, answer, ar, out, err);
        if (rc == PL_OK) {
            pl_whatsapp_list_refused(out);
        }

        return rc;
    }

    out->has_http_status = true;
    out->http_status = answer->status;
    out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    out->reason = pl_whatsapp_const(answer->truncated ? "answer cut"
                                                      : "answer unreadable");

    rc = answer->truncated || answer->body.len == 0 ? PL_INVALID
         : pl_json_decode(codec, &pl__wa__submit_answer__descriptor,
                          answer->body, 0, ar, &msg, NULL);

    if (rc != PL_OK) {
        return rc == PL_NOMEM ? pl_err_set(err, rc, "answer", 0, "no memory")
                              : PL_OK;
    }

    said = (const Pl__Wa__SubmitAnswer *) msg;

    submitted = pl_arena_alloc(ar, sizeof(*submitted));
    if (submitted == NULL) {
        return pl_err_set(err, PL_NOMEM, "answer", 0, "no memory");
    }

    pl__submitted_template__init(submitted);
    submitted->word = said->status;
    submitted->status = said->status == NULL
                        ? PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PENDING
                        : pl_whatsapp_templates_status(said->status);
    submitted->has_category = said->category != NULL
                              && pl_whatsapp_templates_category(
                                  said->category, &submitted->category);

    out->outcome = PL__OUTCOME__OUTCOME_SENT;
    out->reason = NULL;
    out->provider_id = said->id;
    out->submitted = submitted;

    return PL_OK;
}


/*
 * An item alone, as the body that it stood in; who wrote is known by what the
 * item says of them. Names of lists are the path's last.
 */

pl_status_t
pl_whatsapp_again(const pl_codec_t *codec, const char *account,
    const char *path, pl_str_t raw, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err)
{
    char         *body;
    const char   *list = NULL;
    size_t        i;

    static const struct {
        const char  *end;
        const char  *list;
    } lists[] = {
        { ".messages[", "messages" },
        { ".statuses[", "statuses" },
    };

    for (i = 0; i < PL_COUNT(lists); i++) {
        if (strstr(path, lists[i].end) != NULL) {
            list = lists[i].list;
        }
    }

    if (list == NULL || account[0] == '\0'
        || account[strspn(account, "0123456789")] != '\0')
    {
        return pl_err_set(err, PL_INVALID, "again", 0,
                          "no item that can be read by itself");
    }

    body = pl_arena_printf(ar, "{\"object\":\"whatsapp_business_account\","
                           "\"entry\":[{\"id\":\"0\",\"changes\":[{"
                           "\"field\":\"messages\",\"value\":{"
                           "\"messaging_product\":\"whatsapp\","
                           "\"metadata\":{\"display_phone_number\":\"\","
                           "\"phone_number_id\":\"%s\"},\"%s\":[%.*s]}}]}]}",
                           account, list, (int) raw.len,
                           (const char *) raw.data);
    if (body == NULL) {
        return pl_err_set(err, PL_NOMEM, "again", 0, "no memory");
    }

    return pl_whatsapp_decode(codec, pl_str_c(body), ar, out, err);
}
