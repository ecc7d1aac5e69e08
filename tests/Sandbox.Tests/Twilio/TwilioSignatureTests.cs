using System.Text;
using Cea.Sandbox.Twilio;
using Microsoft.AspNetCore.WebUtilities;

namespace Cea.Sandbox.Tests.Twilio;

public sealed class TwilioSignatureTests
{
    private const string Call09 = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212", Call10 = "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212";

    [Theory]
    [InlineData("12345", "https://example.com/myapp.php?foo=1&bar=2", Call10, "L/OH5YylLD5NRKLltdqwSvS0BnU=")]
    [InlineData("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", Call09, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    [InlineData("12345", "https://MyCompany.com/myapp.php?foo=1&bar=2", Call09, "g9IN/x4Cft2g517EjYvEvM/W7LU=")]
    [InlineData("12345", "https://mycompany.com:443/myapp.php?foo=1&bar=2", Call09, "kvajT1Ptam85bY51eRf/AJRuM3w=")]
    [InlineData("12345", "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2#rc=3&rp=5xx,ct,rt", Call09, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    [InlineData("12345", "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620", "", "a9nBmqA0ju/hNViExpshrM61xv4=")]
    [InlineData("test_auth_token", "https://cfm.example.org/hooks/twilio/sms",
        "ToCountry=KE&SmsMessageSid=SM00000000000000000000000000000001&NumMedia=0&ToCity=&FromZip=&SmsSid=SM00000000000000000000000000000001&FromState=&SmsStatus=received&FromCity=&Body=Maji+hayapo+tangu+Jumatatu+%F0%9F%92%A7&FromCountry=KE&To=%2B254700000001&ToZip=&NumSegments=1&MessageSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&From=%2B254711000002&ApiVersion=2010-04-01&ToState=",
        "a0kbPvPZoPG5twCHXmOOuRmLE94=")]
    [InlineData("test_auth_token", "https://cfm.example.org/hooks/twilio/whatsapp",
        "MessageSid=SM00000000000000000000000000000002&SmsSid=SM00000000000000000000000000000002&SmsMessageSid=SM00000000000000000000000000000002&SmsStatus=received&AccountSid=AC00000000000000000000000000000001&From=whatsapp%3A%2B254711000002&To=whatsapp%3A%2B254700000001&Body=&NumMedia=1&NumSegments=1&MediaContentType0=audio%2Fogg&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC00000000000000000000000000000001%2FMessages%2FMM00000000000000000000000000000002%2FMedia%2FME00000000000000000000000000000002&MessageType=audio&ProfileName=Amina+O.&WaId=254711000002&ApiVersion=2010-04-01",
        "HcYOzbjgz2npACMKkYonbrK2Lm8=")]
    [InlineData("test_auth_token", "https://cfm.example.org/hooks/twilio/status?m=9f1c",
        "ApiVersion=2010-04-01&MessageStatus=delivered&SmsSid=SM00000000000000000000000000000003&SmsStatus=delivered&From=%2B254700000001&To=%2B254711000002&MessageSid=SM00000000000000000000000000000003&AccountSid=AC00000000000000000000000000000001&RawDlrDoneDate=2603141305",
        "PS7kD6hNNEFx/yxlK3tMEX4yI1E=")]
    [InlineData("test_auth_token", "https://cfm.example.org/hooks/twilio/voice/menu",
        "CallSid=CA00000000000000000000000000000004&AccountSid=AC00000000000000000000000000000001&From=%2B254711000002&To=%2B254700000001&CallStatus=in-progress&ApiVersion=2010-04-01&Direction=inbound&Digits=2&FinishedOnKey=&msg=Gather+End",
        "+TeKzo3hRNmVQIy398RJXV/+PyI=")]
    public void A_form_is_signed_as_twilio_signs_it(string token, string url, string body, string expected) =>
        TwilioSignature.Of(url, QueryHelpers.ParseQuery(body).SelectMany(f => f.Value.Select(v => KeyValuePair.Create(f.Key, v ?? ""))), token).ShouldBe(expected);

    [Fact]
    public void A_json_body_is_signed_by_its_hash_in_the_address()
    {
        var url = TwilioSignature.WithBodyHash("https://cfm.example.org/hooks/twilio/json", Encoding.UTF8.GetBytes("""{"hello":"dunia"}"""));
        url.ShouldEndWith("?bodySHA256=37e22268b5a53357d70e61ebaca38c097e6953087e6ba82a562bae766e0256bf");
        TwilioSignature.Of(url, [], "test_auth_token").ShouldBe("gLK13CqBpIaXGxuqIj+znK0MuRo=");
    }

    [Fact]
    public void A_repeated_name_counts_once_for_each_different_value() =>
        TwilioSignature.Of("https://a.example/", [new("A", "2"), new("A", "1"), new("A", "2")], "t").ShouldBe(TwilioSignature.Of("https://a.example/", [new("A", "1"), new("A", "2")], "t"));
}
