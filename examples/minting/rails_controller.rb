# app/controllers/credentials_controller.rb; in config/routes.rb: get "credentials", to: "credentials#show"
require Rails.root.join("lib/mint")

class CredentialsController < ApplicationController
  before_action :authenticate_user! # Devise's; or your own, which answers 401

  def show
    response.headers["Cache-Control"] = "no-store"
    localpart = "user-#{current_user.id}"
    render json: mint(ENV.fetch("MAYFLY_SECRET"), localpart, ENV.fetch("MAYFLY_HOST"), 600, Time.now.to_i)
  end
end
