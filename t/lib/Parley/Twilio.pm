package Parley::Twilio;

# Twilio's side: forms, their signatures, and what it sent for us.

use warnings;
use strict;

use base qw/ Exporter /;

our @EXPORT = qw/ tw_form tw_read tw_sign tw_post tw_text tw_status /;
our $SID = 'AC00000000000000000000000000000001';
our $TOKEN = '0123456789abcdef0123456789abcdef';
our $PUBLIC = 'https://gw.example.com';

use Digest::SHA qw/ hmac_sha1_base64 /;

use Parley::Nginx;

###############################################################################

# a form of pairs, in their order
sub tw_form {
    my @pairs = @_;
    my @out;
    while (my ($name, $value) = splice @pairs, 0, 2) {
        push @out, map { s/([^A-Za-z0-9_.~ -])/sprintf '%%%02X', ord $1/ger
            =~ s/ /+/gr } "$name" . "\0" . ($value // '');
        $out[-1] =~ s/%00/=/;
    }
    return join '&', @out;
}

# a form as a hash; the last of a name that is there more than once
sub tw_read {
    my ($form) = @_;
    return { map { my ($n, $v) = split /=/, $_, 2; map { s/\+/ /gr
        =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger } $n, $v // '' }
        split /&/, $form };
}

sub tw_sign {
    my ($url, $form, $token) = @_;
    my $pairs = tw_read($form);
    return hmac_sha1_base64(join('', $url,
        map { $_ . $pairs->{$_} } sort keys %$pairs), $token // $TOKEN) . '=';
}

# tw_post(form): signs, posts, returns the answer
sub tw_post {
    my ($form, %opt) = @_;
    my $path = $opt{path} // '/webhooks/twilio';
    return http_post($path, $form, %opt, headers => {
        'Content-Type' => 'application/x-www-form-urlencoded',
        'X-Twilio-Signature' => $opt{signature}
            // tw_sign(($opt{public} // $PUBLIC) . $path, $form, $opt{token}),
        %{$opt{headers} // {}}
    });
}

# tw_text(id, from, to, text, more...): an inbound message's form
sub tw_text {
    my ($id, $from, $to, $text, %more) = @_;
    return tw_form(MessageSid => $id, SmsSid => $id,
        AccountSid => $more{AccountSid} // $SID, From => $from, To => $to,
        Body => $text, NumMedia => $more{NumMedia} // 0,
        SmsStatus => 'received',
        ApiVersion => '2010-04-01',
        map { $_ => $more{$_} } grep { !/^(?:AccountSid|NumMedia)\z/ }
            sort keys %more);
}

# tw_status(sid, status, from, to, more...): a callback's
sub tw_status {
    my ($id, $status, $from, $to, %more) = @_;
    return tw_form(MessageSid => $id, SmsSid => $id, AccountSid => $SID,
        From => $from, To => $to, MessageStatus => $status,
        SmsStatus => $status, ApiVersion => '2010-04-01',
        map { $_ => $more{$_} } sort keys %more);
}

###############################################################################

1;
