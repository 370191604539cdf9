/*
 * Who am I: what a key or a token is good for.
 */

#include "impl.h"

static pl_status_t me_get(pl_api_call_t *call, pl_err_t *err);


static const pl_api_op_t  me_ops[] = {

    { "getMe", PL_API_GET, "/v1/me", PL_MAY_ANYTHING,
      NULL, NULL, &pl__api__me__descriptor, 200, PL_API_ANY_TENANT,
      me_get, NULL,
      "Say who calls, and what they may",
      "What the key or token of this call is good for." },
};

static const pl_json_word_t  me_words[] = {
    { &pl__api__me__descriptor, "tenant", "Absent: all of them." },
    { &pl__api__me__descriptor, "actor", "As the audit log names it." },
    { &pl__api__me__descriptor, "expires",
      "From then on the key or token is nobody's." },
};

static const pl_json_words_t  me_table = { me_words, PL_COUNT(me_words) };

const pl_api_resource_t  pl_api_me = {
    "Me", "Who calls.", me_ops, PL_COUNT(me_ops), NULL, &me_table
};


static pl_status_t
me_get(pl_api_call_t *call, pl_err_t *err)
{
    size_t         i;
    Pl__Api__Me    answer = PL__API__ME__INIT;

    answer.role = (char *) pl_role_name(call->who.role);
    answer.actor = (char *) call->who.actor;
    answer.tenant = call->tenant_conf == NULL
                    ? NULL : call->tenant_conf->row->name;

    if (call->who.expires_ms != 0) {
        answer.expires = pl_api_time(call, call->who.expires_ms);
    }

    answer.permissions = pl_arena_alloc(call->ar, PL_MAYS * sizeof(char *));
    if (answer.permissions == NULL) {
        return pl_err_set(err, PL_NOMEM, "me", 0, "out of memory");
    }

    for (i = PL_MAY_ANYTHING + 1; i < PL_MAYS; i++) {
        if (pl_may(call->who.role, (pl_api_may_e) i)) {
            answer.permissions[answer.n_permissions++] =
                (char *) pl_may_name((pl_api_may_e) i);
        }
    }

    return pl_api_answer(call, 0, &answer.base, err);
}
