using System.Net;
using Cea.Channels.Http;
using Cea.Channels.Telegram;
using Cea.Channels.TwilioSms;
using Cea.Feedback.Intake;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests.Twilio;

/// <summary>Files are fetched from the provider alone, and credentials go nowhere else.</summary>
public sealed class MediaTests
{
    private const string Path = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/MM1/Media/ME1";

    [Fact]
    public async Task A_file_is_fetched_with_the_accounts_credentials()
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(200, "OggS1234"));
        Told(await FetchAsync(provider.Url, provider.Url + Path)).ShouldBe("got OggS1234");
        provider.Calls[0].Authorization.ShouldNotBeNull().ShouldStartWith("Basic ");
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://127.0.0.1:5432/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://api.twilio.com.evil.example/2010-04-01/Accounts/AC00000000000000000000000000000001/x")]
    [InlineData("https://api.twilio.com@evil.example/2010-04-01/Accounts/AC00000000000000000000000000000001/x")]
    [InlineData("https://user:pass@api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/x")]
    [InlineData("https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000009/Messages/MM1/Media/ME1")]
    [InlineData("https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/../AC00000000000000000000000000000009/x")]
    [InlineData("https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/%2e%2e/AC9/x")]
    [InlineData("http://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/x")]
    [InlineData("https://api.twilio.com:8443/2010-04-01/Accounts/AC00000000000000000000000000000001/x")]
    [InlineData("not an address")]
    [InlineData("")]
    public async Task An_address_that_is_not_the_accounts_own_at_the_provider_is_never_called(string address) =>
        Told(await FetchAsync("https://api.twilio.com", address)).ShouldBe("never not_the_providers");

    [Fact]
    public async Task A_redirect_is_followed_without_the_credentials()
    {
        await using var store = await ProviderServer.StartAsync(Provider.Answers(200, "OggS1234"));
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(307, "", ("Location", store.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/signed?x=1")));
        Told(await FetchAsync(provider.Url, provider.Url + Path)).ShouldBe("got OggS1234");
        store.Calls.ShouldHaveSingleItem().Authorization.ShouldBeNull();
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/", "redirected_elsewhere")]
    [InlineData("https://example.org/x", "redirected_elsewhere")]
    [InlineData("file:///etc/passwd", "redirected_elsewhere")]
    public async Task A_redirect_to_anywhere_else_is_not_followed(string to, string code)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(302, "", ("Location", to)));
        Told(await FetchAsync(provider.Url, provider.Url + Path)).ShouldBe($"never {code}");
    }

    [Fact]
    public async Task A_redirect_in_a_circle_ends()
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(302, "", ("Location", Path)));
        Told(await FetchAsync(provider.Url, provider.Url + Path)).ShouldBe("never too_many_redirects");
    }

    [Theory]
    [InlineData(404)]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task What_may_pass_is_tried_again_later(int status)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, ""));
        Told(await FetchAsync(provider.Url, provider.Url + Path)).ShouldBe($"later http_{status}");
    }

    [Fact]
    public async Task Where_credentials_are_answered_400_it_is_fetched_without_them()
    {
        await using var provider = await ProviderServer.StartAsync(new Provider(async context =>
        {
            context.Response.StatusCode = context.Request.Headers.Authorization.Count > 0 ? 400 : 200;
            await context.Response.WriteAsync("OggS1234");
        }));
        Told(await FetchAsync(provider.Url, provider.Url + Path)).ShouldBe("got OggS1234");
    }

    [Fact]
    public async Task More_than_the_limit_is_not_read_to_its_end()
    {
        await using var told = await ProviderServer.StartAsync(Provider.Answers(200, new string('x', 2000)));
        Told(await FetchAsync(told.Url, told.Url + Path)).ShouldBe("too large");
        await using var untold = await ProviderServer.StartAsync(new Provider(async context =>
        {
            for (var i = 0; i < 100; i++)
                await context.Response.Body.WriteAsync(new byte[64]);
        }));
        Told(await FetchAsync(untold.Url, untold.Url + Path)).ShouldBe("too large");
    }

    [Fact]
    public async Task A_provider_that_dies_on_the_way_or_is_away_is_tried_again()
    {
        await using var dies = await ProviderServer.StartAsync(Provider.Breaks(200));
        Told(await FetchAsync(dies.Url, dies.Url + Path)).ShouldBe("later network");
        Told(await FetchAsync("http://127.0.0.1:9", "http://127.0.0.1:9" + Path)).ShouldBe("later network");
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2a00:1450:4001:80b::200e", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    public void Only_addresses_of_the_internet_are_public(string address, bool isPublic) => MediaClient.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);

    [Fact]
    public async Task A_name_that_stands_for_an_address_of_our_own_nets_is_not_called()
    {
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient(MediaClient.Public);
        await using var inside = await ProviderServer.StartAsync(Provider.Answers(200, "secret"));
        await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync(new Uri(inside.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal))));
        inside.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"ok":true,"result":{"file_id":"F","file_path":"voice/file_1.oga"}}""", 200, "got OggS1234")]
    [InlineData("""{"ok":false,"error_code":400,"description":"Bad Request: file is too big"}""", 400, "too large")]
    [InlineData("""{"ok":false,"error_code":400,"description":"Bad Request: wrong file_id or the file is temporarily unavailable"}""", 400, "later http_400")]
    [InlineData("""{"ok":false,"error_code":400,"description":"Bad Request: invalid file_id"}""", 400, "never no_such_file")]
    [InlineData("""{"ok":true,"result":{"file_id":"F"}}""", 200, "later no_path")]
    [InlineData("""{"ok":true,"result":{"file_path":"../../bot1:x/getMe"}}""", 200, "never not_the_providers")]
    [InlineData("""[]""", 500, "later http_500")]
    public async Task Telegram_says_first_where_a_file_lies(string answer, int status, string expected)
    {
        await using var provider = await ProviderServer.StartAsync(new Provider(async context =>
        {
            context.Response.StatusCode = context.Request.Path.StartsWithSegments("/file") ? 200 : status;
            await context.Response.WriteAsync(context.Request.Path.StartsWithSegments("/file") ? "OggS1234" : answer);
        }));
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var channel = new TelegramChannel(services.GetRequiredService<IHttpClientFactory>());
        Told(await channel.FetchAsync("F", ChannelTable.Of(nameof(TelegramChannel)).Account(provider.Url), 1000, CancellationToken.None)).ShouldBe(expected);
        if (expected.StartsWith("got", StringComparison.Ordinal))
            provider.Calls[1].Target.ShouldEndWith("/voice/file_1.oga");
    }

    private static async Task<MediaFetched> FetchAsync(string provider, string address)
    {
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        return await new TwilioSmsChannel(services.GetRequiredService<IHttpClientFactory>()).FetchAsync(address, ChannelTable.Of(nameof(TwilioSmsChannel)).Account(provider), 1000, CancellationToken.None);
    }

    private static string Told(MediaFetched fetched) => fetched.Match(file => "got " + System.Text.Encoding.UTF8.GetString(file), code => "later " + code, () => "too large", code => "never " + code);
}
