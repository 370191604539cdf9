/*
 * Telephone numbers, explained. A number stands in a body and not in a path:
 * paths are in every log.
 */

#include "../engine/phone.h"
#include "impl.h"
#include "number.h"
#include "rows.h"

static pl_status_t number_ask(pl_api_call_t *call, pl_err_t *err);


static const pl_rule_t  number_rules[] = {
    { &pl__api__number_body__descriptor, "number", PL_RULE_LEN_MAX, NULL,
      PL_ADDRESS_MAX },
    { &pl__api__number_body__descriptor, "calling_code", PL_RULE_LEN_MAX,
      NULL, PL_PHONE_CODE_MAX },
};

static const pl_rules_t  number_table = {
    number_rules, PL_COUNT(number_rules)
};

static const pl_json_word_t  number_words[] = {
    { &pl__api__number_body__descriptor, "calling_code",
      "What a leading 0 stands for; absent: the tenant's." },
    { &pl__api__number_answer__descriptor, "number",
      "As an address of it is kept and found." },
    { &pl__api__number_answer__descriptor, "e164",
      "Absent where the country is not known." },
    { &pl__api__number_answer__descriptor, "explained",
      "False where no library is at hand, or whose number it is not known: "
      "of what follows there are warnings alone then." },
    { &pl__api__number_answer__descriptor, "possible",
      "By its length alone." },
    { &pl__api__number_answer__descriptor, "valid",
      "By the ranges that the library knows to be in use." },
    { &pl__api__number_answer__descriptor, "warnings",
      "Nothing is refused for one." },
    { &pl__api__number_source__descriptor, "not_after",
      "A day: what it knows is not younger." },
};

static const pl_json_words_t  number_word_table = {
    number_words, PL_COUNT(number_words)
};

static const pl_api_op_t  number_ops[] = {
    { .name = "explainNumber", .method = PL_API_POST,
      .path = "/v1/numbers/explain", .may = PL_MAY_CONTACTS_READ,
      .body = &pl__api__number_body__descriptor,
      .answer = &pl__api__number_answer__descriptor, .status = 200,
      .flags = PL_API_ANY_TENANT | PL_API_DRY, .ask = number_ask,
      .summary = "Says what a telephone number is",
      .text = "How it is kept, and, where nginx.conf has "
              "parley_number_library, its country, what it is used for, and "
              "whether it can be one. That is a hint, as old as the "
              "library: nothing is refused or changed for it." },
};

const pl_api_resource_t  pl_api_numbers = {
    .name = "Numbers",
    .text = "Telephone numbers, explained.",
    .ops = number_ops,
    .n_ops = PL_COUNT(number_ops),
    .rules = &number_table,
    .words = &number_word_table,
};


static pl_status_t
number_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_err_t                    why = { 0 };
    const char                 *code;
    pl_status_t                 rc;
    Pl__Api__NumberAnswer       answer = PL__API__NUMBER_ANSWER__INIT;
    const Pl__Api__NumberBody  *body;

    body = (const Pl__Api__NumberBody *) call->body;
    code = body->calling_code;

    if (code == NULL && call->tenant_conf != NULL) {
        code = call->tenant_conf->row->calling_code;
    }

    rc = pl_number_answer(call->api->config->numbering, call->ar,
                          body->number, code, &answer, &why);

    if (rc == PL_INVALID) {
        return pl_api_problem(call, PL_API_BAD_FIELD, why.path, "%s",
                              why.text);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err)
                       : pl_rows_nomem(err);
}
