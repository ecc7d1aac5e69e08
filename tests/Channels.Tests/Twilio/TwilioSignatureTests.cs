using System.Text;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;

namespace Cea.Channels.Tests.Twilio;

/// <summary>The published signature vectors, and what must not pass.</summary>
public sealed class TwilioSignatureTests
{
    private const string Published = "12345", Ours = "test_auth_token", MyCompany = "https://mycompany.com/myapp.php?foo=1&bar=2";
    private const string Call5310 = "Digits=1234&To=%2B18005551212&From=%2B14158675310&Caller=%2B14158675310&CallSid=CA1234567890ABCDE";
    private const string Call5309 = "To=%2B18005551212&From=%2B14158675309&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234";

    public const string Sms = "ToCountry=KE&SmsMessageSid=SM00000000000000000000000000000001&NumMedia=0&ToCity=&FromZip=&SmsSid=SM00000000000000000000000000000001&FromState=&SmsStatus=received&FromCity=&Body=Maji+hayapo+tangu+Jumatatu+%F0%9F%92%A7&FromCountry=KE&To=%2B254700000001&ToZip=&NumSegments=1&MessageSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&From=%2B254711000002&ApiVersion=2010-04-01&ToState=";
    public const string WhatsApp = "MessageSid=SM00000000000000000000000000000002&SmsSid=SM00000000000000000000000000000002&SmsMessageSid=SM00000000000000000000000000000002&SmsStatus=received&AccountSid=AC00000000000000000000000000000001&From=whatsapp%3A%2B254711000002&To=whatsapp%3A%2B254700000001&Body=&NumMedia=1&NumSegments=1&MediaContentType0=audio%2Fogg&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC00000000000000000000000000000001%2FMessages%2FMM00000000000000000000000000000002%2FMedia%2FME00000000000000000000000000000002&MessageType=audio&ProfileName=Amina+O.&WaId=254711000002&ApiVersion=2010-04-01";
    public const string Delivered = "ApiVersion=2010-04-01&MessageStatus=delivered&SmsSid=SM00000000000000000000000000000003&SmsStatus=delivered&From=%2B254700000001&To=%2B254711000002&MessageSid=SM00000000000000000000000000000003&AccountSid=AC00000000000000000000000000000001&RawDlrDoneDate=2603141305";
    private const string Gathered = "CallSid=CA00000000000000000000000000000004&AccountSid=AC00000000000000000000000000000001&From=%2B254711000002&To=%2B254700000001&CallStatus=in-progress&ApiVersion=2010-04-01&Direction=inbound&Digits=2&FinishedOnKey=&msg=Gather+End";

    [Theory]
    [InlineData(1, Published, "https://example.com/myapp.php?foo=1&bar=2", Call5310, "L/OH5YylLD5NRKLltdqwSvS0BnU=")]
    [InlineData(2, Published, MyCompany, Call5309, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    [InlineData(3, Published, "https://MyCompany.com/myapp.php?foo=1&bar=2", Call5309, "g9IN/x4Cft2g517EjYvEvM/W7LU=")]
    [InlineData(4, Published, MyCompany, Call5309, "kvajT1Ptam85bY51eRf/AJRuM3w=")]
    [InlineData(6, Ours, "https://cfm.example.org/hooks/twilio/sms", Sms, "a0kbPvPZoPG5twCHXmOOuRmLE94=")]
    [InlineData(7, Ours, "https://cfm.example.org/hooks/twilio/whatsapp", WhatsApp, "HcYOzbjgz2npACMKkYonbrK2Lm8=")]
    [InlineData(8, Ours, "https://cfm.example.org/hooks/twilio/status?m=9f1c", Delivered, "PS7kD6hNNEFx/yxlK3tMEX4yI1E=")]
    [InlineData(9, Ours, "https://cfm.example.org/hooks/twilio/voice/menu", Gathered, "+TeKzo3hRNmVQIy398RJXV/+PyI=")]
    public void A_published_signature_of_a_form_fits_and_no_other_does(int vector, string token, string url, string form, string signature)
    {
        vector.ShouldBePositive();
        var call = Form(url, form, signature);
        TwilioSignature.Fits(call, url, [token]).ShouldBeTrue();
        TwilioSignature.Fits(call, url, ["new token", token]).ShouldBeTrue("while the token is being changed both count");
        TwilioSignature.Fits(call, url, ["new token"]).ShouldBeFalse();
        TwilioSignature.Fits(call, url, []).ShouldBeFalse();
        TwilioSignature.Fits(call, url + "x", [token]).ShouldBeFalse();
        TwilioSignature.Fits(Form(url, form + "&Extra=1", signature), url, [token]).ShouldBeFalse();
        TwilioSignature.Fits(Form(url, form.Replace("2010", "2011", StringComparison.Ordinal).Replace("1234", "1235", StringComparison.Ordinal), signature), url, [token]).ShouldBeFalse();
        TwilioSignature.Fits(Form(url, form, signature[..^2] + "A="), url, [token]).ShouldBeFalse();
    }

    [Theory]
    [InlineData(5, Published, MyCompany + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620", """{"property": "value", "boolean": true}""", "a9nBmqA0ju/hNViExpshrM61xv4=")]
    [InlineData(10, Ours, "https://cfm.example.org/hooks/twilio/json?bodySHA256=37e22268b5a53357d70e61ebaca38c097e6953087e6ba82a562bae766e0256bf", """{"hello":"dunia"}""", "gLK13CqBpIaXGxuqIj+znK0MuRo=")]
    public void A_published_signature_of_JSON_fits_only_with_its_own_body(int vector, string token, string url, string json, string signature)
    {
        vector.ShouldBePositive();
        TwilioSignature.Fits(Json(url, json, signature), url, [token]).ShouldBeTrue();
        TwilioSignature.Fits(Json(url, json + " ", signature), url, [token]).ShouldBeFalse();
        TwilioSignature.Fits(Json(url, json, signature), url, ["another"]).ShouldBeFalse();
    }

    [Fact] // vector 11
    public void A_JSON_body_that_the_address_does_not_vouch_for_is_rejected()
    {
        TwilioSignature.Fits(Json(MyCompany, "", TwilioSignature.Sign(MyCompany, Published)), MyCompany, [Published]).ShouldBeTrue("the address alone is signed well");
        TwilioSignature.Fits(Json(MyCompany, """{"property": "value", "boolean": true}""", TwilioSignature.Sign(MyCompany, Published)), MyCompany, [Published]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://cfm.example.org/a#rc=3&rp=5xx,ct,rt", "https://cfm.example.org/a")]
    [InlineData("https://user:pass@cfm.example.org/a", "https://cfm.example.org/a")]
    [InlineData("https://cfm.example.org:443/a", "https://cfm.example.org/a")]
    [InlineData("https://cfm.example.org:8443/a", "https://cfm.example.org/a")]
    [InlineData("https://cfm.example.org:8443/a", "https://cfm.example.org:8443/a")]
    [InlineData("http://cfm.example.org/a", "http://cfm.example.org:80/a")]
    [InlineData("https://[2001:db8::1]/a", "https://[2001:db8::1]:443/a")]
    [InlineData("https://cfm.example.org?m=1", "https://cfm.example.org?m=1")]
    public void The_address_is_taken_as_Twilio_signs_it(string configured, string signed) =>
        TwilioSignature.Fits(Form(configured, "A=1", TwilioSigning.Sign(signed, "A=1", Ours)), configured, [Ours]).ShouldBeTrue();

    [Theory]
    [InlineData("A=2&A=1&A=2&B=", "A1A2B")]
    [InlineData("b=1&B=2&a=3", "B2a3b1")]
    [InlineData("A=+x%20&B=%2B", "A x B+")]
    public void Names_sort_by_byte_values_stay_untrimmed_and_repeats_count_once(string form, string tail) =>
        TwilioSignature.Fits(Form(MyCompany, form, TwilioSignature.Sign(MyCompany + tail, Ours)), MyCompany, [Ours]).ShouldBeTrue();

    [Fact]
    public void A_form_of_more_fields_than_Twilio_ever_sends_is_refused()
    {
        var form = string.Join('&', Enumerable.Range(0, 2001).Select(i => $"a{i}=1"));
        TwilioSignature.Fits(Form(MyCompany, form, TwilioSigning.Sign(MyCompany, form, Ours)), MyCompany, [Ours]).ShouldBeFalse();
    }

    private static WebhookCall Form(string url, string form, string signature) => Call(url, "application/x-www-form-urlencoded", form, signature);

    private static WebhookCall Json(string url, string json, string signature) => Call(url, "application/json", json, signature);

    private static WebhookCall Call(string url, string type, string body, string signature) =>
        new("POST", "receive", url, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["content-type"] = type, ["x-twilio-signature"] = signature }, Encoding.UTF8.GetBytes(body));
}
