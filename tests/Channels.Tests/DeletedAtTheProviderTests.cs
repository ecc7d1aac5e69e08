using System.Globalization;
using Cea.Channels.Telegram;
using Cea.Channels.TwilioSms;
using Cea.Channels.TwilioVoice;
using Cea.Channels.TwilioWhatsApp;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests;

/// <summary>What an erased person's provider is told to delete: that talk on that line, and nothing that was said after it.</summary>
public sealed class DeletedAtTheProviderTests
{
    private const string Root = "/2010-04-01/Accounts/AC1", Person = "+50255510001", Line = "+15005550006";
    private static readonly DateTimeOffset Asked = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Twilio_deletes_both_sides_of_the_talk_with_their_files_and_no_other_line_s_or_later_message()
    {
        await using var provider = await ProviderServer.StartAsync(Lists(new()
        {
            [$"{Root}/Messages.json?PageSize=200&From=%2B50255510001"] = List("messages", null, Said("SM1", Person, Line, -60, "1"), Said("SM2", Person, "+15005550007", -50), Said("SM3", Person, Line, 1)),
            [$"{Root}/Messages.json?PageSize=200&To=%2B50255510001"] = List("messages", $"{Root}/Messages.json?Page=1", Said("SM4", Line, Person, 2), Said("SM5", Line, Person, 30)),
            [$"{Root}/Messages.json?Page=1"] = List("messages", null, Said("SM6", Line, Person, -9000)),
            [$"{Root}/Messages/SM1/Media.json"] = """{"media_list":[{"sid":"ME1"},{"sid":"ME2"}]}""",
        }));
        await DeleteAsync(new TwilioSmsChannel(Http()), provider);
        Deleted(provider).ShouldBe(["/Messages/SM1/Media/ME1.json", "/Messages/SM1/Media/ME2.json", "/Messages/SM1.json", "/Messages/SM4.json", "/Messages/SM6.json"]);
    }

    [Fact]
    public async Task On_WhatsApp_only_WhatsApp_s_messages_go()
    {
        await using var provider = await ProviderServer.StartAsync(Lists(new()
        {
            [$"{Root}/Messages.json?PageSize=200&From=whatsapp%3A%2B50255510001"] = List("messages", null, Said("SM1", "whatsapp:" + Person, "whatsapp:" + Line, -60), Said("SM2", Person, Line, -60)),
            [$"{Root}/Messages.json?PageSize=200&To=whatsapp%3A%2B50255510001"] = List("messages", null),
        }));
        await DeleteAsync(new TwilioWhatsAppChannel(Http()), provider);
        Deleted(provider).ShouldBe(["/Messages/SM1.json"]);
    }

    [Fact]
    public async Task Of_calls_the_recordings_go_first()
    {
        await using var provider = await ProviderServer.StartAsync(Lists(new()
        {
            [$"{Root}/Calls.json?PageSize=200&From=%2B50255510001"] = List("calls", null, Said("CA1", Person, Line, -60), Said("CA2", Person, Line, 5)),
            [$"{Root}/Calls.json?PageSize=200&To=%2B50255510001"] = List("calls", null, Said("CA3", Line, Person, -30)),
            [$"{Root}/Recordings.json?PageSize=200&CallSid=CA1"] = List("recordings", null, """{"sid":"RE1"}"""),
            [$"{Root}/Recordings.json?PageSize=200&CallSid=CA3"] = List("recordings", null),
        }));
        await DeleteAsync(new TwilioVoiceChannel(Http()), provider);
        Deleted(provider).ShouldBe(["/Recordings/RE1.json", "/Calls/CA1.json", "/Calls/CA3.json"]);
    }

    [Fact]
    public async Task What_is_still_under_way_at_Twilio_is_tried_again()
    {
        await using var provider = await ProviderServer.StartAsync(Lists(new()
        {
            [$"{Root}/Messages.json?PageSize=200&From=%2B50255510001"] = List("messages", null, Said("SM1", Person, Line, -60)),
            [$"{Root}/Messages.json?PageSize=200&To=%2B50255510001"] = List("messages", null),
        }, deleting: 409));
        await Should.ThrowAsync<HttpRequestException>(DeleteAsync(new TwilioSmsChannel(Http()), provider));
    }

    [Theory, InlineData("""{"detail":"proxy"}"""), InlineData("[]"), InlineData("<html>"), InlineData("""{"messages":{}}""")]
    public async Task An_answer_that_is_no_list_is_tried_again(string answer)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(200, answer));
        await Should.ThrowAsync<HttpRequestException>(DeleteAsync(new TwilioSmsChannel(Http()), provider));
        Deleted(provider).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(200, """{"ok":true,"result":true}""", true)]
    [InlineData(400, """{"ok":false,"error_code":400,"description":"Bad Request: message to delete not found"}""", true)]
    [InlineData(400, """{"ok":false,"error_code":400,"description":"Bad Request: message can't be deleted for everyone"}""", false)]
    [InlineData(403, """{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}""", false)]
    public async Task Telegram_deletes_a_message_of_ours_by_its_id_while_it_may(int status, string answer, bool gone)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, answer));
        var channel = new TelegramChannel(Http());
        (await channel.DeleteSentAsync("-100200:77", new ChannelAccount("bot", channel.Kind, new Dictionary<string, string> { ["BotToken"] = "1:a", ["ApiBaseUrl"] = provider.Url }), CancellationToken.None)).ShouldBe(gone);
        provider.Calls.ShouldHaveSingleItem().Body.ShouldBe("""{"chat_id":-100200,"message_id":77}""");
        provider.Calls[0].Target.ShouldEndWith("/deleteMessage");
    }

    [Theory, InlineData(429), InlineData(502)]
    public async Task Telegram_away_is_asked_again(int status)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, "{}"));
        var channel = new TelegramChannel(Http());
        await Should.ThrowAsync<HttpRequestException>(channel.DeleteSentAsync("5:77", new ChannelAccount("bot", channel.Kind, new Dictionary<string, string> { ["BotToken"] = "1:a", ["ApiBaseUrl"] = provider.Url }), CancellationToken.None));
    }

    private static IHttpClientFactory Http() => new ServiceCollection().AddChannels().BuildServiceProvider().GetRequiredService<IHttpClientFactory>();

    private static Task DeleteAsync<T>(T channel, ProviderServer provider) where T : IChannel, IDeletesTalks =>
        channel.DeleteTalkAsync(new ContactAddress(ContactAddress.Telephone, Person), Asked, new ChannelAccount("line", channel.Kind, new Dictionary<string, string> { ["AccountSid"] = "AC1", ["AuthToken"] = "t", ["From"] = Line, ["ApiBaseUrl"] = provider.Url }), CancellationToken.None);

    private static IEnumerable<string> Deleted(ProviderServer provider) => provider.Calls.Where(c => c.Method == "DELETE").Select(c => c.Target[Root.Length..]);

    private static string List(string name, string? next, params string[] rows) => $$"""{"{{name}}":[{{string.Join(',', rows)}}],"next_page_uri":{{(next is null ? "null" : $"\"{next}\"")}}}""";

    // Minutes are counted from the moment that the data was erased.
    private static string Said(string sid, string from, string to, int minutes, string files = "0") =>
        $$"""{"sid":"{{sid}}","from":"{{from}}","to":"{{to}}","num_media":"{{files}}","date_created":"{{Asked.AddMinutes(minutes).ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)}} +0000"}""";

    private static Provider Lists(Dictionary<string, string> lists, int deleting = 204) => new(async context =>
    {
        if (context.Request.Method == "DELETE")
        {
            context.Response.StatusCode = deleting;
            return;
        }
        // The query is compared as it was sent.
        var asked = context.Request.Path.Value + context.Request.QueryString.Value;
        context.Response.StatusCode = lists.ContainsKey(asked) ? 200 : 500;
        await context.Response.WriteAsync(lists.GetValueOrDefault(asked, "{}"));
    });
}
