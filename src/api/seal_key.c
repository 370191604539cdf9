/*
 * The key that secrets are sealed under before they become commands. See
 * impl.h.
 */

#include "impl.h"


/* The workers were given it; who reads it here has to be allowed to. */

pl_status_t
pl_api_seal_keys(pl_api_call_t *call, pl_keyring_t *keys)
{
    pl_err_t                   err;
    const char                *file;
    const pl_api_config_t     *config;
    const Pl__GlobalSettings  *global;

    config = pl_api_config(call->api);

    if (config != NULL && config->seal != NULL) {
        *keys = *config->seal;
        return PL_OK;
    }

    global = pl_settings_global(call->settings);
    file = config != NULL && config->seal_file != NULL ? config->seal_file
           : global != NULL ? global->key_file : NULL;

    if (file != NULL
        && pl_crypto_key_read(file, keys->keys[0], &err) == PL_OK)
    {
        keys->n = 1;
        return PL_OK;
    }

    return pl_api_problem(call, PL_API_UNAVAILABLE, NULL,
                          "The key that secrets are sealed under cannot be "
                          "read.");
}
