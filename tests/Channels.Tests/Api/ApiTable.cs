using Cea.Channels.Api;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Tests.Api;

/// <summary>The REST API's line: nothing comes in at the providers' address and nobody can be answered.</summary>
public sealed class ApiTable : ChannelTable
{
    public override Type Kind => typeof(ApiChannel);

    public override IChannel Channel(IHttpClientFactory http) => new ApiChannel();

    public override Dictionary<string, string> Settings(string provider) => [];

    public override (string Name, string Value)? Secret => null;

    public override string Message(string text) => text;

    public override WebhookCall Call(byte[] body, string? secret, string action = "receive") =>
        new("POST", action, "https://cfm.example.org/cea/c/api/line/" + action, new Dictionary<string, string> { ["Authorization"] = secret ?? "" }, body);

    public override WebhookCall? AnothersCall => null;

    public override OutgoingText Outgoing => new(Guid.CreateVersion7(), new ContactAddress("none", ""), new PersonalText("Asante"), "sw");

    public override IReadOnlyList<ReceivedCase> Received => [new("anything at all", Call("{}"u8.ToArray(), null), "refused 404: use /api/v1/feedback", 404)];

    public override IReadOnlyList<SentCase> Sent => [new("anything at all", Provider.Away, "bad_address ()")];
}
