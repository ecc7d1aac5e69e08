using Cea.Channels.TwilioWhatsApp;
using Cea.Feedback.Intake;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests.Twilio;

/// <summary>Templates at a provider on loopback that answers as the Content API does.</summary>
public sealed class TwilioContentTests
{
    private static readonly TemplateDraft Draft = new("cea_line_survey_es", "es", "UTILITY", "Caso {{1}}: ¿resuelto?", ["ABCD-EFGH-JKM"]);

    [Theory]
    [InlineData("approved", TemplateState.Approved)]
    [InlineData("rejected", TemplateState.Rejected)]
    [InlineData("paused", TemplateState.Paused)]
    [InlineData("disabled", TemplateState.Disabled)]
    [InlineData("unsubmitted", TemplateState.Unsubmitted)]
    [InlineData("received", TemplateState.Pending)]
    [InlineData("a word of 2031", TemplateState.Pending)]
    public async Task A_state_is_approved_by_that_word_alone(string word, TemplateState expected)
    {
        var approval = await WithAsync(Provider.Answers(200, $$$"""{"sid":"HX1","whatsapp":{"type":"whatsapp","status":"{{{word}}}","rejection_reason":""}}"""), (c, a) => c.ReadTemplateAsync("HX1", a, CancellationToken.None));
        approval.ShouldBe(new TemplateApproval(expected, word, null));
    }

    [Fact]
    public async Task A_rejection_brings_its_reason_and_a_template_that_is_gone_is_null()
    {
        (await WithAsync(Provider.Answers(200, """{"whatsapp":{"status":"rejected","rejection_reason":"variables at the end"}}"""), (c, a) => c.ReadTemplateAsync("HX1", a, CancellationToken.None)))!.Reason.ShouldBe("variables at the end");
        (await WithAsync(Provider.Answers(404, """{"code":20404}"""), (c, a) => c.ReadTemplateAsync("HX1", a, CancellationToken.None))).ShouldBeNull();
    }

    [Fact]
    public async Task A_template_is_created_with_its_places_and_then_submitted_by_name_and_category()
    {
        await using var provider = await ProviderServer.StartAsync(new Provider(context => context.Response.WriteAsync(context.Request.Path.Value switch
        {
            "/v1/Content" => """{"sid":"HX7","friendly_name":"x"}""",
            "/v1/Content/HX7/ApprovalRequests" => """{"sid":"HX7","whatsapp":{"status":"unsubmitted"}}""",
            _ => """{"name":"x","category":"UTILITY","status":"received"}""",
        })));
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var channel = new TwilioWhatsAppChannel(services.GetRequiredService<IHttpClientFactory>());
        var account = ChannelTable.Of(nameof(TwilioWhatsAppChannel)).Account(provider.Url);

        var id = await channel.CreateTemplateAsync(Draft, account, CancellationToken.None);
        var approval = await channel.SubmitTemplateAsync(id, Draft, account, CancellationToken.None);

        (id, approval.State).ShouldBe(("HX7", TemplateState.Pending));
        provider.Calls[0].Body.ShouldBe("""{"friendly_name":"cea_line_survey_es","language":"es","variables":{"1":"ABCD-EFGH-JKM"},"types":{"twilio/text":{"body":"Caso {{1}}: \u00BFresuelto?"}}}""");
        provider.Calls[2].Target.ShouldBe("/v1/Content/HX7/ApprovalRequests/whatsapp");
        provider.Calls[2].Body.ShouldBe("""{"name":"cea_line_survey_es","category":"UTILITY"}""");
    }

    [Fact]
    public async Task The_list_is_read_to_its_end_and_its_next_page_is_never_fetched_from_elsewhere()
    {
        await using var elsewhere = await ProviderServer.StartAsync(Provider.Answers(200, "{}"));
        string own = "";
        await using var provider = await ProviderServer.StartAsync(new Provider(context => context.Response.WriteAsync(context.Request.Query["Page"] == "1"
            ? $$$$"""{"contents":[{"sid":"HX2","friendly_name":"b","language":"fr","types":{"twilio/media":{"media":[]}}}],"meta":{"next_page_url":"{{{{elsewhere.Url}}}}/v1/Content?Page=2"}}"""
            : $$$$"""{"contents":[{"sid":"HX1","friendly_name":"a","language":"es","types":{"twilio/text":{"body":"Hola {{1}}"}}}],"meta":{"next_page_url":"{{{{own}}}}/v1/Content?Page=1"}}""")));
        own = provider.Url;
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var channel = new TwilioWhatsAppChannel(services.GetRequiredService<IHttpClientFactory>());

        var found = new List<ProviderTemplate>();
        await foreach (var template in channel.ListTemplatesAsync(ChannelTable.Of(nameof(TwilioWhatsAppChannel)).Account(provider.Url), CancellationToken.None))
            found.Add(template);

        found.ShouldBe([new ProviderTemplate("HX1", "a", "es", "Hola {{1}}"), new ProviderTemplate("HX2", "b", "fr", "")]);
        elsewhere.Calls.ShouldBeEmpty();
    }

    private static async Task<T> WithAsync<T>(Provider does, Func<TwilioWhatsAppChannel, ChannelAccount, Task<T>> act)
    {
        await using var provider = await ProviderServer.StartAsync(does);
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        return await act(new TwilioWhatsAppChannel(services.GetRequiredService<IHttpClientFactory>()), ChannelTable.Of(nameof(TwilioWhatsAppChannel)).Account(provider.Url));
    }
}
