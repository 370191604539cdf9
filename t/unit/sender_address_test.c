/*
 * Addresses that may be reached: the edges of each range that may not.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/sender/address.c"


static const char *const  open_to_all[] = {
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
    "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
    "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
    "203.0.112.255", "203.0.114.0", "223.255.255.255",
    "2000::", "2001:200::", "2001:db7::1", "2001:db9::1", "2a03:2880::1",
    "3ffe::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"
};

static const char *const  closed[] = {
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
    "100.127.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255",
    "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0",
    "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.1",
    "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.0",
    "239.255.255.255", "240.0.0.0", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "1fff::1", "2001::1",
    "2001:1ff::1", "2001:db8::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1",
    "3fff::1", "4000::1", "fc00::1", "fd00::1", "fe80::1", "fec0::1",
    "ff02::1", "", "x", "1.1.1", "localhost"
};


static void
test_text(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < PL_COUNT(open_to_all); i++) {
        if (!pls_address_public_text(open_to_all[i])) {
            fail_msg("closed: %s", open_to_all[i]);
        }
    }

    for (i = 0; i < PL_COUNT(closed); i++) {
        if (pls_address_public_text(closed[i])) {
            fail_msg("open: %s", closed[i]);
        }
    }

    assert_false(pls_address_public_text(NULL));
}


static void
test_sockaddr(void **state)
{
    struct sockaddr      other = { .sa_family = AF_UNIX };
    struct sockaddr_in   v4 = { .sin_family = AF_INET };
    struct sockaddr_in6  v6 = { .sin6_family = AF_INET6 };

    (void) state;

    assert_int_equal(inet_pton(AF_INET, "1.1.1.1", &v4.sin_addr), 1);
    assert_true(pls_address_public((struct sockaddr *) &v4));
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &v4.sin_addr), 1);
    assert_false(pls_address_public((struct sockaddr *) &v4));

    assert_int_equal(inet_pton(AF_INET6, "2a03::1", &v6.sin6_addr), 1);
    assert_true(pls_address_public((struct sockaddr *) &v6));
    assert_int_equal(inet_pton(AF_INET6, "::1", &v6.sin6_addr), 1);
    assert_false(pls_address_public((struct sockaddr *) &v6));

    assert_false(pls_address_public(&other));
}


static void
test_nets(void **state)
{
    size_t               i, n = 0;
    pls_net_t            nets[8];
    struct sockaddr_in   v4 = { .sin_family = AF_INET };

    static const char *const  good[] = {
        "127.0.0.1", "10.1.0.0/16", "fd00:1::/32", "0.0.0.0/0"
    };
    static const char *const  bad[] = {
        "", "x", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/1x",
        "10.0.0.0/-1", "/8", "10.0.0/8", "127.0.0.1 "
    };

    (void) state;

    for (i = 0; i < PL_COUNT(bad); i++) {
        assert_false(pls_net_parse(bad[i], &nets[0]));
    }

    for (i = 0; i < PL_COUNT(good); i++) {
        assert_true(pls_net_parse(good[i], &nets[n++]));
    }

    assert_true(pls_net_has_text(nets, 3, "127.0.0.1"));
    assert_true(pls_net_has_text(nets, 3, "::ffff:127.0.0.1"));
    assert_false(pls_net_has_text(nets, 3, "127.0.0.2"));
    assert_true(pls_net_has_text(nets, 3, "10.1.255.255"));
    assert_false(pls_net_has_text(nets, 3, "10.2.0.0"));
    assert_true(pls_net_has_text(nets, 3, "fd00:1:ffff::1"));
    assert_false(pls_net_has_text(nets, 3, "fd00:2::1"));
    assert_false(pls_net_has_text(nets, 3, "::1"));
    assert_false(pls_net_has_text(nets, 3, NULL));
    assert_false(pls_net_has_text(nets, 0, "127.0.0.1"));
    assert_true(pls_net_has_text(nets, 4, "192.168.1.1"));

    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &v4.sin_addr), 1);
    assert_true(pls_net_has(nets, 3, (struct sockaddr *) &v4));
    assert_int_equal(inet_pton(AF_INET, "127.0.0.2", &v4.sin_addr), 1);
    assert_false(pls_net_has(nets, 3, (struct sockaddr *) &v4));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_sockaddr),
        cmocka_unit_test(test_nets),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
