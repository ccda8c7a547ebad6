/** The API's values by the names the pages use; the shapes are the generated schema's. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type ChannelCreated = Schemas["ChannelCreated"];
export type ChannelView = Schemas["ChannelView"];
export type Check = Schemas["Check"];
export type CreatedWebhook = Schemas["CreatedWebhook"];
export type Delivery = Schemas["Delivery"];
export type EventType = Schemas["EventType"];
export type Health = Schemas["Health"];
export type LadderStatus = Schemas["LadderStatus"];
export type NodeStatus = Schemas["NodeStatus"];
export type Note = Schemas["Note"];
export type PlaybackTokenView = Schemas["PlaybackTokenView"];
export type ProblemBody = Schemas["Problem"];
export type Publisher = Schemas["Publisher"];
export type PublisherStatus = Schemas["PublisherStatus"];
export type RecordingView = Schemas["RecordingView"];
export type WatchRecordingView = Schemas["WatchRecordingView"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type SettingChange = Schemas["SettingChange"];
export type SettingHistory = Schemas["SettingHistory"];
export type SettingList = Schemas["SettingList"];
export type SettingPut = Schemas["SettingPut"];
export type SettingRelease = Schemas["SettingRelease"];
export type SettingView = Schemas["SettingView"];
export type SlateView = Schemas["SlateView"];
export type PullView = Schemas["PullView"];
export type StreamEvent = Schemas["StreamEvent"];
export type StreamView = Schemas["StreamView"];
export type TrackStats = Schemas["TrackStats"];
export type WatchView = Schemas["WatchView"];
export type Webhook = Schemas["Webhook"];
export type WebhookList = Schemas["WebhookList"];

export type Hurt = Schemas["Hurt"];
export type RegionCrowd = Schemas["RegionCrowd"];
export type WorldStatus = Schemas["WorldStatus"];

export type SettingSource = SettingView["source"];
export type SettingValue = SettingView["value"];
export type StreamState = StreamView["state"];
export type NoteLevel = Note["level"];
export type CheckStatus = Check["status"];
