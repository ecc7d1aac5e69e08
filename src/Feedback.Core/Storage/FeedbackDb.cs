using System.Text;
using Cea.Feedback.Coding;
using Cea.Feedback.Items;
using Cea.Feedback.Learning;
using Cea.Feedback.Media;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Routing;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.ServicePoints;
using Cea.Feedback.Standards;
using Cea.Feedback.Texts;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Storage;

/// <summary>The officers' side of the database, as the role cea_pages: a query without the officer set in its transaction finds no restricted row at all.</summary>
public sealed class FeedbackDb(DbContextOptions<FeedbackDb> options) : DbContext(options)
{
    public DbSet<Item> Items => Set<Item>();
    public DbSet<Message> Messages => Set<Message>();
    public DbSet<ItemEvent> ItemEvents => Set<ItemEvent>();
    public DbSet<CodeChange> CodeChanges => Set<CodeChange>();
    public DbSet<ItemClock> Clocks => Set<ItemClock>();
    public DbSet<Survey> Surveys => Set<Survey>();
    public DbSet<Outgoing> Outbox => Set<Outgoing>();
    public DbSet<SafeContact> SafeContacts => Set<SafeContact>();
    public DbSet<Quote> Quotes => Set<Quote>();
    public DbSet<Speaker> Speakers => Set<Speaker>();
    public DbSet<ApprovedAnswer> Answers => Set<ApprovedAnswer>();
    public DbSet<MessageTemplate> Templates => Set<MessageTemplate>();
    public DbSet<MediaFile> Media => Set<MediaFile>();
    public DbSet<AddedWord> Keywords => Set<AddedWord>();
    public DbSet<Person> People => Set<Person>();
    public DbSet<ServicePoint> ServicePoints => Set<ServicePoint>();
    public DbSet<Team> Teams => Set<Team>();
    public DbSet<TeamMember> TeamMembers => Set<TeamMember>();
    public DbSet<OfficerUser> Officers => Set<OfficerUser>();
    public DbSet<CircleRow> Circles => Set<CircleRow>();
    public DbSet<CircleMember> CircleMembers => Set<CircleMember>();
    public DbSet<Audience> Audiences => Set<Audience>();
    public DbSet<AccountRow> Accounts => Set<AccountRow>();
    public DbSet<RoutingRule> Rules => Set<RoutingRule>();
    public DbSet<Standard> Standards => Set<Standard>();
    public DbSet<RotaTurn> Rota => Set<RotaTurn>();
    public DbSet<HelplineOperator> Operators => Set<HelplineOperator>();
    public DbSet<AuditRow> Audit => Set<AuditRow>();
    public DbSet<CircleNotice> CircleNotices => Set<CircleNotice>();
    public DbSet<CodebookVersion> Codebooks => Set<CodebookVersion>();
    public DbSet<DeploymentValue> Deployment => Set<DeploymentValue>();
    public DbSet<Erasure> Erasures => Set<Erasure>();
    public DbSet<Hold> Holds => Set<Hold>();
    public DbSet<LearnedModel> LearnedModels => Set<LearnedModel>();
    public DbSet<TrainingConsent> TrainingConsents => Set<TrainingConsent>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Item>(e =>
        {
            e.ToTable("item");
            e.Property(i => i.Version).IsRowVersion();
            e.Property(i => i.Suggestion).HasColumnType("jsonb");
            e.Property(i => i.Type).ValueGeneratedOnAddOrUpdate();
            e.Property(i => i.Topics).ValueGeneratedOnAddOrUpdate();
            e.Property(i => i.Urgency).ValueGeneratedOnAddOrUpdate();
        });
        modelBuilder.Entity<Message>().ToTable("message");
        modelBuilder.Entity<ItemEvent>(e => { e.ToTable("item_event"); e.Property(x => x.Detail).HasColumnType("jsonb"); });
        modelBuilder.Entity<CodeChange>(e => { e.ToTable("code_change"); e.Property(x => x.Before).HasColumnType("jsonb"); e.Property(x => x.After).HasColumnType("jsonb"); });
        modelBuilder.Entity<ItemClock>(e => { e.ToTable("clock"); e.HasKey(c => new { c.ItemId, c.Step }); });
        modelBuilder.Entity<Survey>(e => { e.ToTable("survey"); e.HasKey(s => s.ItemId); });
        modelBuilder.Entity<Outgoing>().ToTable("outbox");
        modelBuilder.Entity<SafeContact>().ToTable("safe_contact");
        modelBuilder.Entity<Quote>(e => { e.ToTable("quote"); e.HasKey(q => q.ItemId); e.Property(q => q.ItemId).ValueGeneratedNever(); e.Property(q => q.Id).ValueGeneratedOnAdd(); });
        modelBuilder.Entity<Speaker>(e => { e.ToTable("speaker"); e.HasKey(x => x.ItemId); });
        modelBuilder.Entity<ApprovedAnswer>().ToTable("approved_answer");
        modelBuilder.Entity<MessageTemplate>().ToTable("message_template");
        modelBuilder.Entity<MediaFile>().ToTable("media");
        modelBuilder.Entity<AddedWord>().ToTable("keyword");
        modelBuilder.Entity<Person>().ToTable("person");
        modelBuilder.Entity<ServicePoint>(e => { e.ToTable("service_point"); e.Property(s => s.Hours).HasColumnType("jsonb"); });
        modelBuilder.Entity<Team>(e => { e.ToTable("team"); e.Property(t => t.Calendar).HasColumnType("jsonb"); });
        modelBuilder.Entity<TeamMember>(e => { e.ToTable("team_member"); e.HasKey(m => new { m.TeamId, m.OfficerId }); });
        modelBuilder.Entity<CircleRow>(e => { e.ToTable("circle"); e.Property(c => c.Id).ValueGeneratedNever(); });
        modelBuilder.Entity<CircleMember>(e => { e.ToTable("circle_member"); e.HasKey(m => new { m.CircleId, m.OfficerId }); });
        modelBuilder.Entity<Audience>().ToTable("audience");
        modelBuilder.Entity<AccountRow>(e => { e.ToTable("channel_account"); e.Property(a => a.CheckFound).HasColumnType("jsonb"); });
        modelBuilder.Entity<RoutingRule>().ToTable("routing_rule");
        modelBuilder.Entity<Standard>(e => { e.ToTable("standard"); e.HasKey(s => new { s.Urgency, s.Step }); });
        modelBuilder.Entity<RotaTurn>().ToTable("rota");
        modelBuilder.Entity<HelplineOperator>(e => { e.ToTable("helpline_operator"); e.HasKey(o => o.OfficerId); e.Property(o => o.OfficerId).ValueGeneratedNever(); });
        modelBuilder.Entity<AuditRow>(e => { e.ToTable("audit"); e.Property(a => a.Detail).HasColumnType("jsonb"); });
        modelBuilder.Entity<CircleNotice>().ToTable("circle_notice");
        modelBuilder.Entity<CodebookVersion>(e => { e.ToTable("codebook"); e.HasKey(c => c.Version); });
        modelBuilder.Entity<DeploymentValue>(e => { e.ToTable("deployment"); e.HasKey(d => d.Name); });
        modelBuilder.Entity<Erasure>().ToTable("erasure");
        modelBuilder.Entity<Hold>(e => { e.ToTable("hold"); e.HasKey(h => new { h.PersonId, h.Reason }); });
        modelBuilder.Entity<LearnedModel>(e => { e.ToTable("learned_model"); e.Property(m => m.Report).HasColumnType("jsonb"); e.Property(m => m.Kept).ValueGeneratedOnAddOrUpdate(); });
        modelBuilder.Entity<TrainingConsent>(e => { e.ToTable("training_consent"); e.HasKey(c => c.CircleId); e.Property(c => c.CircleId).ValueGeneratedNever(); });
        modelBuilder.Entity<OfficerUser>(e => { e.ToTable("officer"); e.Property(o => o.ConcurrencyStamp).IsConcurrencyToken(); });
        modelBuilder.Entity<IdentityUserClaim<int>>().ToTable("officer_claim");
        modelBuilder.Entity<IdentityUserLogin<int>>(e => { e.ToTable("officer_login"); e.HasKey(l => new { l.LoginProvider, l.ProviderKey }); });
        modelBuilder.Entity<IdentityUserToken<int>>(e => { e.ToTable("officer_token"); e.HasKey(t => new { t.UserId, t.LoginProvider, t.Name }); });

        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(t => t.GetProperties()))
            property.SetColumnName(property.Name == nameof(Item.Version) && property.ClrType == typeof(uint) ? "xmin" : Snake(property.Name));
    }

    private static string Snake(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]))
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }
}
