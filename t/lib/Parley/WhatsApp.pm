package Parley::WhatsApp;

# Webhooks as the provider makes them: bodies and their signatures.

use warnings;
use strict;

use base qw/ Exporter /;

our @EXPORT = qw/ wa_body wa_change wa_text wa_status wa_sign wa_post /;
our $NUMBER = '106540352242922';

use Digest::SHA qw/ hmac_sha256_hex /;
use JSON::PP;

use Parley::Nginx;

my $json = JSON::PP->new->utf8->canonical;

###############################################################################

# wa_body(change...): one entry with these changes, as bytes
sub wa_body {
    my @changes = @_;
    return $json->encode({
        object => 'whatsapp_business_account',
        entry => [ { id => '102290129340398', changes => \@changes } ]
    });
}

# wa_change({ messages => [...], statuses => [...] }, number)
sub wa_change {
    my ($value, $number) = @_;
    return {
        field => 'messages',
        value => {
            messaging_product => 'whatsapp',
            metadata => {
                display_phone_number => '15550783881',
                phone_number_id => $number // $NUMBER
            },
            %$value
        }
    };
}

# wa_text(id, from, text, more...): a message
sub wa_text {
    my ($id, $from, $text, %more) = @_;
    return {
        from => $from, id => $id, timestamp => '' . time(),
        type => 'text', text => { body => $text }, %more
    };
}

# wa_status(id, status, to, more...)
sub wa_status {
    my ($id, $status, $to, %more) = @_;
    return {
        id => $id, status => $status, timestamp => '' . time(),
        recipient_id => $to, %more
    };
}

sub wa_sign {
    my ($body, $secret) = @_;
    return 'sha256=' . hmac_sha256_hex($body, $secret // 'test_app_secret');
}

# wa_post(body): signs, posts, returns the answer. A list of messages is
# made a body first.
sub wa_post {
    my ($body, %opt) = @_;
    $body = wa_body(wa_change({ messages => $body })) if ref $body;
    return http_post($opt{path} // '/webhooks/whatsapp', $body, %opt,
        headers => {
            'Content-Type' => 'application/json',
            'X-Hub-Signature-256' => wa_sign($body, $opt{secret}),
            %{$opt{headers} // {}}
        });
}

###############################################################################

1;
